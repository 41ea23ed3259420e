/**
 * A forecasting model that looks at each series alone: what it found in each history is plain data, from which it
 * forecasts after that history, after a longer one, or after having been saved and read again.
 */
import { LookbackError } from '../errors.ts';
import type { FitContext, FittedModel, ForecastModel, ModelState, PointForecast, SeriesCovariates } from './model.ts';
import type { LocalState } from './sharedFits.ts';

export type { LocalState } from './sharedFits.ts';

/** What is known of one series beside its history. */
export interface LocalContext extends Pick<FitContext, 'horizon' | 'period' | 'seed' | 'shared'> {
  readonly covariates?: SeriesCovariates;
}

export interface LocalModel {
  /** Whether a fit depends on covariates too. */
  readonly usesCovariates?: boolean;
  readonly fit: (history: Float64Array, context: LocalContext) => LocalState;
  /** After a history that begins as the one of the fit did, or (`fresh`) elsewhere. */
  readonly forecast: (state: LocalState, history: Float64Array, context: LocalContext, fresh: boolean) => PointForecast;
  /** What was chosen. */
  readonly detail: (state: LocalState) => string;
}

const contextOf = ({ horizon, period, seed, shared, covariates }: FitContext, which: number): LocalContext => ({
  horizon,
  period,
  seed,
  shared,
  covariates: covariates?.[which],
});

/** As `model.fit`, once in a competition for each history. */
export function sharedFit(name: string, model: LocalModel, history: Float64Array, context: LocalContext): LocalState {
  const fit = () => model.fit(history, context);
  return context.shared && !model.usesCovariates ? context.shared.of(name, history, context.period, fit) : fit();
}

/** Enough of a history's beginning to know it again. */
const headLength = 16;
const beginsLike = (history: Float64Array, head: Float64Array) => head.every((value, t) => history[t] === value);

export function localModel(name: string, description: string, load: () => Promise<LocalModel>): ForecastModel {
  const made = (
    model: LocalModel,
    states: readonly LocalState[],
    heads: readonly Float64Array[],
    histories: readonly Float64Array[],
    context: FitContext,
  ): FittedModel => {
    const forecasts = histories.map((history, which) =>
      model.forecast(states[which], history, contextOf(context, which), !beginsLike(history, heads[which])),
    );
    const details = new Set(states.map(model.detail));
    return {
      forecast: (which) => forecasts[which],
      detail: details.size === 1 ? [...details][0] : '',
      extend: (longer, now) => {
        requireCount(name, states.length, longer.length);
        return made(model, states, heads, longer, now);
      },
      state: () => ({
        model: name,
        settings: { series: states.map(({ settings }) => settings) },
        numbers: Object.fromEntries(
          states.flatMap(({ numbers }, which) => [
            [`${which}.head`, heads[which]],
            ...Object.entries(numbers).map(([key, values]) => [`${which}.${key}`, values]),
          ]),
        ),
      }),
    };
  };
  return {
    name,
    description,
    trained: false,
    fit: async (histories, context) => {
      const model = await load();
      const states = histories.map((history, which) => sharedFit(name, model, history, contextOf(context, which)));
      return made(
        model,
        states,
        histories.map((history) => history.slice(0, headLength)),
        histories,
        context,
      );
    },
    restore: async (state, histories, context) => {
      const model = await load();
      const { states, heads } = readState(name, state);
      requireCount(name, states.length, histories.length);
      try {
        return made(model, states, heads, histories, context);
      } catch (cause) {
        if (cause instanceof LookbackError) throw cause;
        throw new LookbackError('DATA_INVALID', { where: name, problem: 'its state is damaged', cause });
      }
    },
  };
}

function requireCount(where: string, expected: number, got: number): void {
  if (expected === got) return;
  throw new LookbackError('DATA_INVALID', {
    where,
    expected: `${expected} series, as it was fitted to`,
    got: `${got}`,
  });
}

function readState(
  name: string,
  { model, settings, numbers }: ModelState,
): { states: LocalState[]; heads: Float64Array[] } {
  const series = settings.series;
  const heads: Float64Array[] = [];
  if (model !== name || !Array.isArray(series)) {
    throw new LookbackError('DATA_INVALID', {
      where: name,
      expected: `a state of ${name}`,
      got: `one of ${String(model)}`,
    });
  }
  const states = series.map((own: unknown, which): LocalState => {
    const prefix = `${which}.`;
    const mine = Object.entries(numbers).filter(([key]) => key.startsWith(prefix));
    const named = Object.fromEntries(
      mine.map(([key, values]) => [key.slice(prefix.length), Float64Array.from(values)]),
    );
    heads.push(named.head ?? new Float64Array());
    return {
      settings: typeof own === 'object' && own !== null ? (own as Record<string, unknown>) : {},
      numbers: named,
    };
  });
  return { states, heads };
}
