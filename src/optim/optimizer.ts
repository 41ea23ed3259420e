/**
 * The optimizer: an arena, a transform, and the count of steps.
 *
 *   const optimizer = createOptimizer(chain(clipByGlobalNorm(1), adamw({ rate: 1e-3 })), model);
 *   const { value } = valueAndGrad(model, () => loss(model.forward(x), y));
 *   optimizer.step();
 *
 * It takes the parameters over: their values move into the arena, and valueAndGrad writes their gradients there.
 */
import { LookbackError } from '../errors.ts';
import { assertNoTape } from '../tensor/gradient.ts';
import { fillInto } from '../tensor/memory.ts';
import type { Parameter, Tensor } from '../tensor/tensor.ts';
import { Arena, type ArenaEntry } from './arena.ts';
import { sgdUpdate } from './sgd.ts';
import { chain, type StepContext, type Transform } from './transform.ts';

/** What continues an optimizer exactly. */
export interface OptimizerState<Entry = Tensor> {
  /** Updates made so far. */
  step: number;
  /** Moments of each parameter, e.g. `adamw.first.blocks.0.query.weight`, f32, of the parameter's shape. */
  tensors: Map<string, Entry>;
}

/** A list of named parameters, or a module that has one. */
export type NamedParameters =
  | Iterable<readonly [string, Parameter]>
  | { namedParameters(): Iterable<readonly [string, Parameter]> };

/** See the file header. */
export class Optimizer {
  readonly arena: Arena;
  private readonly transform: Transform;
  private steps = 0;
  private accumulated: Tensor | undefined;
  private windowOpen = false;

  constructor(transform: Transform, parameters: NamedParameters) {
    this.transform = transform.name === 'chain' ? transform : chain(transform);
    this.arena = new Arena('namedParameters' in parameters ? parameters.namedParameters() : parameters);
    this.transform.init(this.arena);
  }

  /** Updates made so far. */
  get stepCount(): number {
    return this.steps;
  }

  /**
   * Changes the parameters by the gradients of the last `valueAndGrad`, or by those accumulated since the last step.
   *
   * @param onNorm sees the norm before anything changes; what it throws leaves the parameters as they were
   * @returns the global norm of the gradients before clipping, [1], where the transform computes one; the tensor belongs
   *   to the optimizer and holds another number after the next step
   * @throws LookbackError TAPE_ACTIVE inside valueAndGrad, BAD_ARGUMENT when another optimizer took a parameter over.
   */
  step({ onNorm }: { onNorm?: (norm: Tensor) => void } = {}): { norm?: Tensor } {
    assertNoTape('optimizer.step');
    const { arena } = this;
    arena.assertOwned('optimizer.step');
    const gradients = this.windowOpen && this.accumulated ? this.accumulated : arena.gradients;
    const context: StepContext = { arena, gradients, step: this.steps, scale: undefined, norm: undefined, onNorm };
    this.transform.update(context);
    arena.values.storage.version++;
    this.steps++;
    this.windowOpen = false;
    return { norm: context.norm };
  }

  /**
   * Adds `weight` times the gradients of the last `valueAndGrad` to those the next step will use instead of them. With
   * n equal parts of a batch and mean losses, a weight of 1/n in each gives the whole batch's gradient.
   */
  accumulate(weight = 1): void {
    assertNoTape('optimizer.accumulate');
    this.arena.assertOwned('optimizer.accumulate');
    this.accumulated ??= this.arena.zeros();
    if (!this.windowOpen) fillInto(this.accumulated, 0);
    this.windowOpen = true;
    // a + weight g is a step of descent with rate -weight
    const attributes = { rate: -weight, momentum: 0, nesterov: false, decay: 0, hasVelocity: false, hasScale: false };
    const { accumulated, arena } = this;
    arena.values.backend.run(sgdUpdate, [accumulated, arena.gradients], [accumulated], attributes);
  }

  /**
   * Exchanges the parameters with their moving averages, where the transform has a `movingAverage`; calling it again puts
   * everything back. Evaluate and export in between, and take no step.
   *
   * @returns whether there are averages
   * @throws LookbackError TAPE_ACTIVE inside valueAndGrad.
   */
  swapAverages(): boolean {
    assertNoTape('optimizer.swapAverages');
    const swapped = this.transform.swap?.(this.arena) ?? false;
    if (swapped) this.arena.values.storage.version++;
    return swapped;
  }

  /**
   * What `load` needs to go on exactly. The tensors look at the live moments: read them before the next step.
   *
   * @throws LookbackError BAD_ARGUMENT between `accumulate` and `step`.
   */
  state(): OptimizerState {
    if (this.windowOpen) {
      throw new LookbackError('BAD_ARGUMENT', {
        where: 'optimizer.state',
        problem: 'gradients have been accumulated that no step has used yet',
        next: 'Take the state after step()',
      });
    }
    const tensors = new Map<string, Tensor>();
    for (const [key, block] of this.transform.state()) {
      for (const [name, slice] of this.arena.export(block)) tensors.set(`${key}.${name}`, slice);
    }
    return { step: this.steps, tensors };
  }

  /** Goes on from what `state` gave. @throws LookbackError STATE_MISMATCH naming what does not fit; nothing changes then. */
  load({ step, tensors }: OptimizerState<ArenaEntry>): void {
    const where = 'optimizer.load';
    assertNoTape(where);
    if (!Number.isInteger(step) || step < 0) {
      throw new LookbackError('STATE_MISMATCH', {
        where,
        expected: 'a step that is an integer ≥ 0',
        got: String(step),
      });
    }
    const blocks = this.transform.state();
    const parts = new Map([...blocks.keys()].map((key) => [key, new Map<string, ArenaEntry>()]));
    for (const [name, entry] of tensors) {
      const key = [...parts.keys()].find((prefix) => name.startsWith(`${prefix}.`));
      if (key === undefined) {
        const expected = parts.size > 0 ? `names that begin with ${[...parts.keys()].join(', ')}` : 'no tensors';
        throw new LookbackError('STATE_MISMATCH', { where, expected, got: name });
      }
      parts.get(key)?.set(name.slice(key.length + 1), entry);
    }
    for (const [key, part] of parts) this.arena.check(part, `${where}: ${key}`);
    for (const [key, block] of blocks) this.arena.import(parts.get(key) ?? new Map(), block);
    this.steps = step;
    this.windowOpen = false;
  }

  /** Frees moments and gradients. The parameters keep their values and may be given to another optimizer. */
  dispose(): void {
    this.transform.dispose();
    this.accumulated?.dispose();
    this.arena.dispose();
  }
}

/** As `new Optimizer(transform, parameters)`. */
export function createOptimizer(transform: Transform, parameters: NamedParameters): Optimizer {
  return new Optimizer(transform, parameters);
}
