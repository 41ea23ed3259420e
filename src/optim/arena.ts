/**
 * One block for all parameters of an optimizer, and blocks of the same layout for gradients and moments.
 *
 * An update is then one kernel call over a run of parameters instead of one for each. Parameters with weight
 * decay lie first, those without after them; each begins at a multiple of 16 elements (64 bytes) and the gaps
 * stay zero. The arena moves numbers; it knows no update rule and refuses parameters that are not f32.
 */
import { LookbackError } from '../errors.ts';
import { copyInto, fillInto, lookAt } from '../tensor/memory.ts';
import { unscoped } from '../tensor/scope.ts';
import { sameShape, show } from '../tensor/shape.ts';
import { allocate, type Parameter, Tensor } from '../tensor/tensor.ts';

/** Elements; a cache line and the widest vector register. */
const ALIGNMENT = 16;

/** A run of parameters treated alike. Offset and count are elements of the arena. */
export interface Segment {
  readonly offset: number;
  readonly count: number;
  /** Whether weight decay applies. */
  readonly decay: boolean;
}

/** Numbers of one parameter, as a tensor or as read from a file. */
export type ArenaEntry = Tensor | { readonly shape: readonly number[]; readonly data: ArrayLike<number> };

interface Place {
  readonly name: string;
  readonly parameter: Parameter;
  readonly offset: number;
}

/** See the file header. Lives until `dispose()`; it belongs to no scope. */
export class Arena {
  /** All parameters, [count]. */
  readonly values: Tensor;
  /** Their gradients, [count], overwritten by each `valueAndGrad`. */
  readonly gradients: Tensor;
  /** At most two, decayed first; empty ones are left out. */
  readonly segments: readonly Segment[];
  /** Elements, gaps included. */
  readonly count: number;
  private readonly places: readonly Place[];

  /**
   * Moves the parameters here. One that appears under two names is kept once, under the first.
   *
   * @throws LookbackError BAD_ARGUMENT without parameters or for two parameters of one name, DTYPE_MISMATCH unless all
   *   are f32, BACKEND_MIXED unless all are on one backend.
   */
  constructor(parameters: Iterable<readonly [string, Parameter]>) {
    const named = distinct(parameters);
    const backend = named[0][1].backend;
    const places: Place[] = [];
    const segments: Segment[] = [];
    let count = 0;
    for (const decay of [true, false]) {
      const start = count;
      for (const [name, parameter] of named) {
        if (parameter.decay !== decay) continue;
        places.push({ name, parameter, offset: count });
        count += Math.ceil(parameter.size / ALIGNMENT) * ALIGNMENT;
      }
      if (count > start) segments.push({ offset: start, count: count - start, decay });
    }
    this.places = places;
    this.segments = segments;
    this.count = count;
    [this.values, this.gradients] = unscoped(() => [
      allocate([count], 'f32', backend),
      allocate([count], 'f32', backend),
    ]);
    fillInto(this.values, 0);
    fillInto(this.gradients, 0);
    for (const { parameter, offset } of places) {
      const target = lookAt(this.values, parameter.shape, offset);
      copyInto(target, parameter);
      target.dispose();
      parameter.rebind(this.values.storage, offset, { gradients: this.gradients, offset });
    }
  }

  /** A block of the arena's layout, zero everywhere. The caller disposes of it. */
  zeros(): Tensor {
    const block = unscoped(() => allocate([this.count], 'f32', this.values.backend));
    fillInto(block, 0);
    return block;
  }

  /** Whether weight decay applies to the parameter of that name. */
  decays(name: string): boolean {
    return this.places.some((place) => place.name === name && place.parameter.decay);
  }

  /** Throws BAD_ARGUMENT when another optimizer has taken a parameter over since. */
  assertOwned(where: string): void {
    for (const { name, parameter } of this.places) {
      if (parameter.slot?.gradients === this.gradients) continue;
      throw new LookbackError('BAD_ARGUMENT', {
        where,
        problem: `another optimizer has taken over parameter ${name}`,
        next: 'Use one optimizer at a time for a parameter',
      });
    }
  }

  /** The slice of each parameter in `block`, by name. The slices look at the block: read them before the next step. */
  export(block: Tensor = this.values): Map<string, Tensor> {
    return new Map(
      this.places.map(({ name, parameter, offset }) => [name, block.view(parameter.shape, parameter.strides, offset)]),
    );
  }

  /**
   * Overwrites `block` with the slices `entries`, exactly one for each parameter.
   *
   * @throws LookbackError STATE_MISMATCH listing every name that is missing, unexpected or of another shape; nothing is
   *   written then.
   */
  import(entries: ReadonlyMap<string, ArenaEntry>, block: Tensor = this.values, where = 'Arena.import'): void {
    this.check(entries, where);
    block.storage.version++;
    for (const { name, parameter, offset } of this.places) {
      const entry = entries.get(name) as ArenaEntry;
      const target = lookAt(block, parameter.shape, offset);
      if (entry instanceof Tensor) copyInto(target, entry);
      else block.backend.write(target, entry.data);
      target.dispose();
    }
  }

  /** Throws STATE_MISMATCH unless `entries` has one slice of the right shape for each parameter. */
  check(entries: ReadonlyMap<string, ArenaEntry>, where: string): void {
    const names = new Set(this.places.map(({ name }) => name));
    const problems = [...entries.keys()].filter((name) => !names.has(name)).map((name) => `unexpected ${name}`);
    for (const { name, parameter } of this.places) {
      const entry = entries.get(name);
      if (!entry) problems.push(`missing ${name}`);
      else if (!sameShape(entry.shape, parameter.shape)) {
        problems.push(`${name} is ${show(entry.shape)}, not ${show(parameter.shape)}`);
      }
    }
    if (problems.length > 0) {
      throw new LookbackError('STATE_MISMATCH', { where, problem: problems.join('; ') });
    }
  }

  /** Gives the blocks back; the parameters keep theirs alive as long as they need it. */
  dispose(): void {
    for (const { parameter } of this.places) {
      if (parameter.slot?.gradients === this.gradients) parameter.slot = undefined;
    }
    this.values.dispose();
    this.gradients.dispose();
  }
}

function distinct(parameters: Iterable<readonly [string, Parameter]>): (readonly [string, Parameter])[] {
  const seen = new Set<Parameter>();
  const names = new Set<string>();
  const result: (readonly [string, Parameter])[] = [];
  const where = 'optimizer';
  for (const [name, parameter] of parameters) {
    if (seen.has(parameter)) continue;
    if (names.has(name)) {
      throw new LookbackError('BAD_ARGUMENT', { where, problem: `two parameters are named ${name}` });
    }
    if (parameter.dtype !== 'f32') {
      const next = parameter.dtype === 'bf16' ? "Call .store('f32') to train it" : undefined;
      throw new LookbackError('DTYPE_MISMATCH', { where, expected: `${name} of type f32`, got: parameter.dtype, next });
    }
    if (result.length > 0 && parameter.backend !== result[0][1].backend) {
      throw new LookbackError('BACKEND_MIXED', {
        where,
        expected: `all parameters on ${result[0][1].backend.name}`,
        got: `${name} on ${parameter.backend.name}`,
      });
    }
    seen.add(parameter);
    names.add(name);
    result.push([name, parameter]);
  }
  if (result.length === 0) {
    throw new LookbackError('BAD_ARGUMENT', { where, expected: 'at least one parameter', got: 'none' });
  }
  return result;
}
