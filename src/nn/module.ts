/**
 * Module: something with parameters that are found by walking its own properties.
 *
 * A parameter is named by its path, `blocks.0.attention.query.weight`. A weight used in two places (tied) is one
 * parameter under the first name met. A module holds parameters and plain settings; it keeps no activations.
 */
import type { DType, TypedArray } from '../backends/backend.ts';
import { LookbackError } from '../errors.ts';
import { show } from '../tensor/shape.ts';
import { Parameter } from '../tensor/tensor.ts';

/** Numbers of one parameter, row-major; `data.length` is the product of `shape`. */
export interface StateEntry {
  readonly shape: readonly number[];
  readonly data: TypedArray;
  /** How the model stores it. */
  readonly dtype?: DType;
}

export abstract class Module {
  /** Whether dropout acts; `train()` and `eval()` set it on the module and everything below. */
  training = true;

  /** [path, parameter], in the order of the properties, each parameter once. */
  namedParameters(): [string, Parameter][] {
    // Called in every training step, hence plain loops.
    const found: [string, Parameter][] = [];
    const seen = new Set<Parameter>();
    for (const [path, module] of namedModules(this)) {
      eachMember(module, path, (name, item) => {
        if (!(item instanceof Parameter) || seen.has(item)) return;
        seen.add(item);
        found.push([name, item]);
      });
    }
    return found;
  }

  parameters(): Parameter[] {
    return this.namedParameters().map(([, parameter]) => parameter);
  }

  /** How many numbers training changes; tied weights count once. */
  parameterCount(): number {
    return this.parameters().reduce((count, { size }) => count + size, 0);
  }

  /** This module and all below it, outer before inner. */
  modules(): Module[] {
    return namedModules(this).map(([, module]) => module);
  }

  /** Turns dropout on. Returns the module. */
  train(): this {
    return this.setTraining(true);
  }

  /** Turns dropout off. Returns the module. */
  eval(): this {
    return this.setTraining(false);
  }

  private setTraining(training: boolean): this {
    for (const module of this.modules()) module.training = training;
    return this;
  }

  /**
   * Stores all matrices (parameters of two and more axes) in bf16, rounded to nearest even: half the memory, for a model
   * that is used but not trained; or in f32 again. Layers compute in f32 all the same, with the rounded numbers.
   *
   * @throws LookbackError BAD_ARGUMENT while an optimizer holds a parameter.
   */
  storeWeights(dtype: 'f32' | 'bf16'): this {
    for (const parameter of this.parameters()) if (parameter.rank >= 2) parameter.store(dtype);
    return this;
  }

  /** A copy of every parameter by name, read at once (not on WebGPU). */
  stateDict(): Map<string, StateEntry> {
    return new Map(
      this.namedParameters().map(([name, parameter]) => {
        const { shape, dtype } = parameter;
        return [name, { shape, dtype, data: parameter.dataSync() }];
      }),
    );
  }

  /**
   * Overwrites the parameters with `state`. With `strict` false, names on one side only are passed over; a wrong
   * shape is always refused. Nothing is changed when anything is refused.
   *
   * @throws LookbackError STATE_MISMATCH that lists every missing, unexpected and mis-shaped name.
   */
  loadStateDict(
    state: ReadonlyMap<string, { readonly shape: readonly number[]; readonly data: ArrayLike<number> }>,
    { strict = true }: { strict?: boolean } = {},
  ): void {
    const own = new Map(this.namedParameters());
    const missing = [...own.keys()].filter((name) => !state.has(name));
    const unexpected = [...state.keys()].filter((name) => !own.has(name));
    const misshaped: string[] = [];
    for (const [name, { shape, data }] of state) {
      const parameter = own.get(name);
      if (parameter && (show(shape) !== show(parameter.shape) || data.length !== parameter.size)) {
        misshaped.push(`${name} ${show(shape)} where the model has ${show(parameter.shape)}`);
      }
    }
    const said: string[] = [];
    if (strict && missing.length > 0) said.push(`missing: ${missing.join(', ')}`);
    if (strict && unexpected.length > 0) said.push(`unexpected: ${unexpected.join(', ')}`);
    if (misshaped.length > 0) said.push(`of another shape: ${misshaped.join(', ')}`);
    if (said.length > 0) {
      throw new LookbackError('STATE_MISMATCH', {
        where: `${this.constructor.name}.loadStateDict`,
        problem: said.join('; '),
        next: 'Build the model with the configuration the state was saved with',
      });
    }
    for (const [name, parameter] of own) {
      const entry = state.get(name);
      if (entry) parameter.assign(entry.data);
    }
  }
}

/** Own properties with their paths, arrays opened: `blocks` [a, b] gives `blocks.0` and `blocks.1`. */
function eachMember(module: Module, path: string, visit: (name: string, item: unknown) => void): void {
  const properties = module as unknown as Record<string, unknown>;
  for (const name of Object.keys(properties)) {
    const value = properties[name];
    if (typeof value !== 'object' || value === null) continue;
    const full = path ? `${path}.${name}` : name;
    if (Array.isArray(value)) for (let i = 0; i < value.length; i++) visit(`${full}.${i}`, value[i]);
    else visit(full, value);
  }
}

function namedModules(root: Module): [string, Module][] {
  const found: [string, Module][] = [];
  const seen = new Set<Module>();
  const walk = (path: string, module: unknown): void => {
    if (!(module instanceof Module) || seen.has(module)) return;
    seen.add(module);
    found.push([path, module]);
    eachMember(module, path, walk);
  };
  walk('', root);
  return found;
}
