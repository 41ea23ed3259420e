/**
 * Dynamic regression: what covariates known ahead say, and an ARIMA process for the rest, estimated at once (Pankratz
 * 1991; Hyndman and Athanasopoulos, "Forecasting: Principles and Practice", 10). One regression a series, on logarithms
 * where those fit better. Covariates known only up to the origin say nothing of the steps ahead and are not used.
 */
import { LookbackError } from '../errors.ts';
import { log } from '../math.ts';
import { autoArima, fitArima, forecastArima } from '../series/classical/index.ts';
import { arimaOf, arimaPeriod, arimaState, onLogarithm } from './classicalFits.ts';
import type { LocalContext, LocalModel } from './localModel.ts';

const columnsOf = ({ covariates }: LocalContext): readonly Float64Array[] => {
  if (covariates && covariates.future.length > 0) return covariates.future;
  throw new LookbackError('DATA_INVALID', {
    where: 'regression',
    expected: 'covariates known ahead',
    got: 'none',
    next: 'Name columns with future, or ask for calendar features',
  });
};

const dynamic: LocalModel = {
  usesCovariates: true,
  fit: (history, context) => {
    const n = history.length;
    // Columns of one size, so that none looks negligible beside another.
    const units = columnsOf(context).map(
      (column) => Math.sqrt(column.subarray(0, n).reduce((sum, x) => sum + x * x, 0) / n) || 1,
    );
    const regressors = columnsOf(context).map((column, i) => column.subarray(0, n).map((x) => x / units[i]));
    const fit = autoArima(history, { period: arimaPeriod(context.period), regressors });
    const { settings, numbers } = arimaState(fit);
    return { settings, numbers: { ...numbers, regression: numbers.regression.map((beta, i) => beta / units[i]) } };
  },
  forecast: (state, history, context) => {
    const columns = columnsOf(context);
    const { regression: beta } = state.numbers;
    if (columns.length !== beta.length) {
      throw new LookbackError('DATA_INVALID', {
        where: 'regression',
        expected: `${beta.length} covariates known ahead, as it was fitted with`,
        got: `${columns.length}`,
      });
    }
    const fit = arimaOf(state, history, columns);
    const { forecast, deviation } = forecastArima(fit, context.horizon);
    const mean = forecast.map((value, step) =>
      columns.reduce((sum, column, i) => sum + beta[i] * column[history.length + step], value),
    );
    return { mean, deviation };
  },
  detail: ({ settings, numbers }) =>
    `${numbers.regression.length} covariate${numbers.regression.length === 1 ? '' : 's'} with ${settings.name} errors`,
};

/**
 * Whether covariates multiply rather than add: a simple process of the same differences is likelier on the logarithm. The
 * likelihood of logarithms is brought to the scale of the values by their derivative, 1 / y.
 */
function fitsLogarithm(history: Float64Array, context: LocalContext): boolean {
  if (!history.every((value) => value > 0)) return false;
  const period = arimaPeriod(context.period);
  const D = period > 1 && history.length > 3 * period ? 1 : 0;
  const order = { p: 1, d: 1, q: 0, P: 0, D, Q: 0, period, constant: false };
  const regressors = columnsOf(context).map((column) => column.subarray(0, history.length));
  const likelihood = (values: Float64Array) =>
    fitArima(values, order, { method: 'conditional', regressors }).logLikelihood;
  const logarithms = history.map(log);
  try {
    return likelihood(logarithms) - logarithms.reduce((sum, value) => sum + value, 0) > likelihood(history);
  } catch (error) {
    if (error instanceof LookbackError) return false;
    throw error;
  }
}

export const regression = onLogarithm(dynamic, fitsLogarithm);
