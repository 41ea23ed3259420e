/**
 * A recipe's list of transforms, fitted on the training part and undone exactly for forecasts.
 *
 * One chain belongs to one series. It never looks past what `fit` is given, and does not know where the split lies.
 */

import { LookbackError, nearest } from '../errors.ts';
import type { Transform, TransformName } from './transforms.ts';
import { applyTransform, centreOf, fitStandardize, invertTransform, lag, transformNames } from './transforms.ts';

export interface ChainOptions {
  /** Length of a season in values; needed by `seasonalDifference`. */
  period?: number;
  /** Length of a window's inputs; needed by `centre`. */
  lookback?: number;
}

/** Plain JSON. */
export interface ChainState {
  transforms: Transform[];
}

export class TransformChain {
  readonly names: readonly TransformName[];
  readonly #options: ChainOptions;
  #transforms: readonly Transform[] | undefined;

  /**
   * @param names in the order they are applied, e.g. ['log', 'seasonalDifference', 'standardize']; `centre` comes last.
   * @throws RECIPE_INVALID for an unknown name, a missing period or lookback, or `centre` before another.
   */
  constructor(names: readonly string[], options: ChainOptions = {}) {
    this.names = names.map((name, i) => checkName(name, i === names.length - 1, options));
    this.#options = options;
  }

  /**
   * Learns from the training part [n] alone; returns this chain.
   * @throws DATA_INVALID naming the transform, and the index of a value it does not take.
   */
  fit(train: Float64Array): this {
    let values = requireFinite('fit', train);
    const transforms: Transform[] = [];
    for (const name of this.names) {
      const transform = describe(name, this.#options, values);
      values = applyTransform(transform, values, train.length - values.length);
      transforms.push(transform);
    }
    this.#transforms = transforms;
    return this;
  }

  /** How many values at the front the differences take away. */
  get lost(): number {
    return this.#fitted('lost').reduce((sum, transform) => sum + lag(transform), 0);
  }

  /** Whether windows must be centred (`makeWindows({ centre })`); `apply` leaves that to them. */
  get centresWindows(): boolean {
    return this.names.includes('centre');
  }

  /** values [n] -> [n - lost]: element i belongs to time i + lost. @throws DATA_INVALID as `fit`. */
  apply(values: Float64Array): Float64Array {
    return this.#stages('apply', values)[this.names.length];
  }

  /**
   * What the model sees at an origin: the last `lookback` values of the transformed history, centred where the chain says.
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
    if (!this.centresWindows) return window;
    const mean = centreOf(lookback, window);
    return window.map((value) => value - mean);
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
      if (transform.name === 'centre') options.lookback = transform.lookback;
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
  standardize: ['mean', 'std'],
  difference: [],
  seasonalDifference: ['period'],
  centre: ['lookback'],
};

function describe(name: TransformName, { period = 0, lookback = 0 }: ChainOptions, train: Float64Array): Transform {
  switch (name) {
    case 'standardize':
      return fitStandardize(train);
    case 'seasonalDifference':
      return { name, period };
    case 'centre':
      return { name, lookback };
    case 'log':
    case 'difference':
      return { name };
    default:
      return name satisfies never;
  }
}

function checkName(name: string, last: boolean, { period, lookback }: ChainOptions): TransformName {
  const known = transformNames.find((candidate) => candidate === name);
  const refuse = (expected: string, got: string, next?: string): never => {
    throw new LookbackError('RECIPE_INVALID', { where: `transform ${name}`, expected, got, next });
  };
  const positive = (x: number | undefined) => x !== undefined && Number.isInteger(x) && x >= 1;
  if (!known) {
    const suggestion = nearest(name, transformNames);
    return refuse(`one of ${transformNames.join(', ')}`, name, suggestion && `Did you mean ${suggestion}`);
  }
  if (known === 'seasonalDifference' && !positive(period)) {
    refuse('a period that is a whole number >= 1', String(period), 'Say the length of a season, e.g. period: 12');
  }
  if (known === 'centre' && !positive(lookback)) refuse('a lookback that is a whole number >= 1', String(lookback));
  if (known === 'centre' && !last) refuse('it to come last, for it works on windows', 'another transform after it');
  return known;
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
