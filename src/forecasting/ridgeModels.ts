/** Ridge regressions as forecasting models: one linear map over all series, each on its own scale, fitted in closed form. */
import { LookbackError } from '../errors.ts';
import { exp, log } from '../math.ts';
import { prefersLogarithm } from './classicalModels.ts';
import type { FitContext, FittedModel, ForecastModel, ModelState, PointForecast } from './model.ts';
import { fitRidge, type Ridge, type RidgeKind, type RidgeMap, ridgeForecast, ridgeKinds, scaleOf } from './ridge.ts';

interface Settings {
  readonly kind: RidgeKind;
  readonly lookback: number;
  readonly horizon: number;
  /** Whether the map is of logarithms. */
  readonly logarithm: boolean;
}

/** As asked, else two seasons where the history has four, else as many values as leave half of the history to learn from. */
export function ridgeLookback(histories: readonly Float64Array[], { horizon, period, lookback }: FitContext): number {
  if (lookback !== undefined) return lookback;
  const longest = Math.max(...histories.map(({ length }) => length));
  const room = Math.floor((longest - horizon) / 2);
  return Math.max(1, Math.min(Math.max(2 * period, horizon, 8), room, 336, ...histories.map(({ length }) => length)));
}

function fitted(
  histories: readonly Float64Array[],
  ridge: Ridge,
  { kind, lookback, horizon, logarithm }: Settings,
): FittedModel {
  const forecast = (which: number): PointForecast => {
    const history = histories[which];
    if (history.length < lookback) {
      throw new LookbackError('DATA_INVALID', {
        where: `ridge-${kind}`,
        expected: `at least ${lookback} values to look back on`,
        got: `${history.length}`,
      });
    }
    const values = logarithm ? history.map(log) : history;
    const scale = scaleOf(values);
    const said = ridgeForecast(ridge, which, values.subarray(values.length - lookback), scale);
    const spread = (ridge.maps[which] ?? ridge.maps[0]).deviation.map((value) => value * scale.deviation);
    const mean = logarithm ? said.map(exp) : said;
    if (!spread.every(Number.isFinite)) return { mean };
    return { mean, deviation: logarithm ? spread.map((value, step) => value * mean[step]) : spread };
  };
  const settings: Settings = { kind, lookback, horizon, logarithm };
  return {
    forecast,
    detail: `look-back ${lookback}, penalty ${ridge.maps[0].penalty}${logarithm ? ', on logarithms' : ''}`,
    extend: (longer) => fitted(requireLogarithms(longer, settings), ridge, settings),
    state: () => ({
      model: `ridge-${kind}`,
      settings: { ...settings, penalties: ridge.maps.map(({ penalty }) => penalty) },
      numbers: Object.fromEntries(
        ridge.maps.flatMap(({ weights, bias, deviation }, i) => [
          [`maps.${i}.weights`, weights],
          [`maps.${i}.bias`, bias],
          [`maps.${i}.deviation`, deviation],
        ]),
      ),
    }),
  };
}

/** Longer histories of a model of logarithms must have them. */
function requireLogarithms(histories: readonly Float64Array[], { kind, logarithm }: Settings): readonly Float64Array[] {
  if (!logarithm || histories.every((history) => history.every((value) => value > 0))) return histories;
  throw new LookbackError('DATA_INVALID', {
    where: `ridge-${kind}`,
    expected: 'positive values, as those it was fitted to',
    next: 'Fit it anew',
  });
}

function fit(kind: RidgeKind, histories: readonly Float64Array[], context: FitContext): FittedModel {
  const { horizon, period } = context;
  const lookback = ridgeLookback(histories, context);
  const logarithm = histories.every((history) => prefersLogarithm(history, period));
  const values = logarithm ? histories.map((history) => history.map(log)) : histories;
  const ridge = fitRidge(values, { kind, lookback, horizon });
  return fitted(histories, ridge, { kind, lookback, horizon, logarithm });
}

function restore(kind: RidgeKind, { model, settings, numbers }: ModelState, histories: readonly Float64Array[]) {
  const { lookback, horizon, logarithm, penalties } = settings as Partial<Settings> & { penalties?: unknown };
  const refuse = (expected: string): never => {
    throw new LookbackError('DATA_INVALID', { where: `ridge-${kind}`, expected });
  };
  const isCount = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 1;
  if (model !== `ridge-${kind}` || !isCount(lookback) || !isCount(horizon) || !Array.isArray(penalties)) {
    return refuse(`a state of ridge-${kind}`);
  }
  const column = (name: string, length: number): Float64Array => {
    const numbersOf = numbers[name];
    return numbersOf?.length === length ? Float64Array.from(numbersOf) : refuse(`${length} numbers ${name}`);
  };
  const maps = penalties.map(
    (penalty, i): RidgeMap => ({
      weights: column(`maps.${i}.weights`, horizon * lookback),
      bias: column(`maps.${i}.bias`, horizon),
      deviation: column(`maps.${i}.deviation`, horizon),
      penalty: Number(penalty),
    }),
  );
  if (maps.length !== 1) return refuse('one map');
  const kept: Settings = { kind, lookback, horizon, logarithm: logarithm === true };
  return fitted(requireLogarithms(histories, kept), { kind, lookback, horizon, maps }, kept);
}

const descriptions: Record<RidgeKind, string> = {
  linear: 'one linear map from the window to the horizon, in closed form',
  nlinear: 'a linear map of the window less its last value, in closed form',
  dlinear: 'linear maps of the trend and the rest of the window, in closed form',
};

export const ridgeModels: readonly ForecastModel[] = ridgeKinds.map((kind) => ({
  name: `ridge-${kind}`,
  description: descriptions[kind],
  trained: true,
  fit: (histories, context) => fit(kind, histories, context),
  restore: (state, histories) => restore(kind, state, histories),
}));
