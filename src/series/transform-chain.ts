/**
 * A recipe's list of transforms, fitted on the training part and undone exactly for forecasts.
 *
 * One chain belongs to one series; chains of several may be fitted together, so that a transform of scope `global` has
 * the same numbers in all. A chain never looks past what `fit` is given, and does not know where the split lies.
 */

import { LookbackError, nearest } from '../errors.ts';
import type { Transform, TransformName, TransformSpec, WindowMove } from './transforms.ts';
import {
  applyTransform,
  fitBoxCox,
  fitMinMax,
  fitStandardize,
  invertTransform,
  lag,
  transformNames,
  transformScopes,
  windowMove,
} from './transforms.ts';

export interface ChainOptions {
  /** Length of a season in values; needed by `seasonalDifference`, used by `boxCox` without lambda. */
  period?: number;
  /** Length of a window's inputs; needed by `centre` and `normalize`. */
  lookback?: number;
}

/** Plain JSON. */
export interface ChainState {
  transforms: Transform[];
}

type FullSpec = { name: TransformName; lambda?: number; scope?: string };

export class TransformChain {
  readonly names: readonly TransformName[];
  readonly #specs: readonly FullSpec[];
  readonly #options: ChainOptions;
  #transforms: readonly Transform[] | undefined;

  /**
   * @param specs in the order they are applied, e.g. ['log', 'seasonalDifference', 'standardize'] or
   * [{ name: 'boxCox', lambda: 0.3 }, 'minMax']; `centre` or `normalize` comes last.
   * @throws RECIPE_INVALID for an unknown name or setting, a missing period or lookback, or `centre` before another.
   */
  constructor(specs: readonly (TransformSpec | string)[], options: ChainOptions = {}) {
    this.#specs = specs.map((spec, i) => checkSpec(spec, i === specs.length - 1, options));
    this.names = this.#specs.map(({ name }) => name);
    this.#options = options;
  }

  /**
   * Learns from the training part [n] alone; returns this chain.
   * @throws DATA_INVALID naming the transform, and the index of a value it does not take.
   */
  fit(train: Float64Array): this {
    TransformChain.#fitAll([this], [train]);
    return this;
  }

  /**
   * A chain each, fitted to its training part; transforms of scope `global` to all of them.
   * @throws as the constructor and `fit`
   */
  static fitTogether(
    specs: readonly (TransformSpec | string)[],
    trains: readonly Float64Array[],
    options: readonly ChainOptions[] = [],
  ): TransformChain[] {
    const chains = trains.map((_, i) => new TransformChain(specs, options[i]));
    TransformChain.#fitAll(chains, trains);
    return chains;
  }

  /** Step by step, so that a step of all series sees what the steps before made of them. */
  static #fitAll(chains: readonly TransformChain[], trains: readonly Float64Array[]): void {
    let values = trains.map((train) => requireFinite('fit', train));
    const fitted: Transform[][] = chains.map(() => []);
    const steps = chains.length > 0 ? chains[0].#specs : [];
    steps.forEach(({ scope }, step) => {
      const alike = scope === 'global';
      values = chains.map((chain, i) => {
        const transform =
          alike && i > 0 ? fitted[0][step] : describe(chain.#specs[step], chain.#options, alike ? values : [values[i]]);
        fitted[i].push(transform);
        return applyTransform(transform, values[i], trains[i].length - values[i].length);
      });
    });
    chains.forEach((chain, i) => {
      chain.#transforms = fitted[i];
    });
  }

  /** How many values at the front the differences take away. */
  get lost(): number {
    return this.#fitted('lost').reduce((sum, transform) => sum + lag(transform), 0);
  }

  /** Whether windows must be centred (`makeWindows({ centre })`); `apply` leaves that to them. */
  get centresWindows(): boolean {
    return this.names.includes('centre');
  }

  /** Whether windows must be moved and divided (`makeWindows({ normalize })`); `apply` leaves that to them. */
  get normalizesWindows(): boolean {
    return this.names.includes('normalize');
  }

  /** What the window that ends with these transformed values is moved by: (value - shift) / scale. */
  windowMove(values: Float64Array): WindowMove {
    const last = this.#fitted('windowMove').at(-1);
    return last && 'lookback' in last ? windowMove(last, values) : { shift: 0, scale: 1 };
  }

  /** values [n] -> [n - lost]: element i belongs to time i + lost. @throws DATA_INVALID as `fit`. */
  apply(values: Float64Array): Float64Array {
    return this.#stages('apply', values)[this.names.length];
  }

  /**
   * What the model sees at an origin: the last `lookback` values of the transformed history, centred or normalized where
   * the chain says.
   * @throws DATA_INVALID where `history` holds fewer than lookback + lost values.
   */
  input(history: Float64Array, lookback: number): Float64Array {
    const values = this.apply(history);
    if (values.length < lookback) {
      throw new LookbackError('DATA_INVALID', {
        where: 'TransformChain.input',
        expected: `a history of at least ${lookback + this.lost} values (${lookback} to look back on, ${this.lost} for differences)`,
        got: `${history.length}`,
        next: 'Give more history',
      });
    }
    const window = values.slice(values.length - lookback);
    const { shift, scale } = this.windowMove(values);
    return window.map((value) => (value - shift) / scale);
  }

  /**
   * A model's forecast [H] back on the original scale, given the original values up to the origin (the time before the
   * first forecast): differences are summed up from there.
   * @throws DATA_INVALID as `apply`, or for a history shorter than the differences or the centring need.
   */
  invertForecast(forecast: ArrayLike<number>, history: Float64Array): Float64Array {
    const stages = this.#stages('invertForecast', history);
    const transforms = this.#fitted('invertForecast');
    let values: Float64Array = Float64Array.from(forecast);
    for (let i = transforms.length - 1; i >= 0; i--) values = invertTransform(transforms[i], values, stages[i]);
    return values;
  }

  toJSON(): ChainState {
    return { transforms: this.#fitted('toJSON').map((transform) => ({ ...transform })) };
  }

  /** @throws CHECKPOINT_INVALID for anything `toJSON` did not give. */
  static fromJSON(state: ChainState): TransformChain {
    const transforms = Array.isArray(state?.transforms) ? state.transforms : [{ name: 'no list' }];
    for (const transform of transforms) {
      const { name, ...numbers } = (transform ?? {}) as Record<string, unknown>;
      const wanted = fields[name as TransformName];
      if (wanted?.every((field) => Number.isFinite(numbers[field]))) continue;
      throw new LookbackError('CHECKPOINT_INVALID', {
        where: 'TransformChain.fromJSON',
        expected: wanted ? `${name} with ${wanted.join(' and ')}` : `transforms named ${transformNames.join(', ')}`,
        got: JSON.stringify(transform),
      });
    }
    const valid = transforms as readonly Transform[];
    const options: ChainOptions = {};
    for (const transform of valid) {
      if (transform.name === 'seasonalDifference') options.period = transform.period;
      if (transform.name === 'centre' || transform.name === 'normalize') options.lookback = transform.lookback;
    }
    const chain = new TransformChain(
      valid.map(({ name }) => name),
      options,
    );
    chain.#transforms = valid.map((transform) => ({ ...transform }));
    return chain;
  }

  /** The series before each step and after the last. */
  #stages(where: string, values: Float64Array): Float64Array[] {
    const stages = [requireFinite(where, values)];
    for (const transform of this.#fitted(where)) {
      const before = stages[stages.length - 1];
      stages.push(applyTransform(transform, before, values.length - before.length));
    }
    return stages;
  }

  #fitted(where: string): readonly Transform[] {
    if (this.#transforms) return this.#transforms;
    throw new LookbackError('BAD_ARGUMENT', {
      where: `TransformChain.${where}`,
      problem: 'the chain is not fitted',
      next: 'Call fit with the training part first',
    });
  }
}

const fields: Record<TransformName, readonly string[]> = {
  log: [],
  boxCox: ['lambda'],
  standardize: ['mean', 'std'],
  minMax: ['least', 'range'],
  difference: [],
  seasonalDifference: ['period'],
  centre: ['lookback'],
  normalize: ['lookback'],
};

function describe(
  { name, lambda }: FullSpec,
  { period = 0, lookback = 0 }: ChainOptions,
  trains: readonly Float64Array[],
): Transform {
  switch (name) {
    case 'standardize':
      return fitStandardize(...trains);
    case 'minMax':
      return fitMinMax(...trains);
    case 'boxCox':
      return lambda === undefined ? fitBoxCox(period, ...trains) : { name, lambda };
    case 'seasonalDifference':
      return { name, period };
    case 'centre':
    case 'normalize':
      return { name, lookback };
    case 'log':
    case 'difference':
      return { name };
    default:
      return name satisfies never;
  }
}

/** The settings a name takes besides itself. */
const settings: Partial<Record<TransformName, readonly string[]>> = {
  boxCox: ['lambda', 'scope'],
  standardize: ['scope'],
  minMax: ['scope'],
};

function checkSpec(spec: TransformSpec | string, last: boolean, { period, lookback }: ChainOptions): FullSpec {
  const full = (typeof spec === 'string' ? { name: spec } : spec) as FullSpec;
  const { name, lambda, scope } = full;
  const known = transformNames.find((candidate) => candidate === name);
  const refuse = (expected: string, got: string, next?: string): never => {
    throw new LookbackError('RECIPE_INVALID', { where: `transform ${name}`, expected, got, next });
  };
  const positive = (x: number | undefined) => x !== undefined && Number.isInteger(x) && x >= 1;
  if (!known) {
    const suggestion = nearest(String(name), transformNames);
    return refuse(`one of ${transformNames.join(', ')}`, String(name), suggestion && `Did you mean ${suggestion}`);
  }
  const valid = settings[known] ?? [];
  const strange = Object.keys(full).find((key) => key !== 'name' && !valid.includes(key));
  if (strange !== undefined) {
    const suggestion = nearest(strange, valid);
    const taken = valid.length > 0 ? `no settings but ${valid.join(', ')}` : 'no settings';
    refuse(taken, strange, suggestion && `Did you mean ${suggestion}`);
  }
  if (scope !== undefined && !transformScopes.some((one) => one === scope)) {
    const suggestion = nearest(scope, transformScopes);
    refuse(`scope to be ${transformScopes.join(' or ')}`, scope, suggestion && `Did you mean ${suggestion}`);
  }
  if (lambda !== undefined && !(lambda >= -1 && lambda <= 2)) refuse('lambda from -1 to 2', String(lambda));
  if (known === 'seasonalDifference' && !positive(period)) {
    refuse('a period that is a whole number >= 1', String(period), 'Say the length of a season, e.g. period: 12');
  }
  const ofWindows = known === 'centre' || known === 'normalize';
  if (ofWindows && !positive(lookback)) refuse('a lookback that is a whole number >= 1', String(lookback));
  if (ofWindows && !last) refuse('it to come last, for it works on windows', 'another transform after it');
  return full;
}

function requireFinite(where: string, values: Float64Array): Float64Array {
  const index = values.findIndex((value) => !Number.isFinite(value));
  if (index < 0) return values;
  throw new LookbackError('DATA_INVALID', {
    where: `TransformChain.${where}`,
    expected: 'finite values',
    got: `${values[index]} at index ${index}`,
    next: 'Fill the gap or cut the series there',
  });
}
