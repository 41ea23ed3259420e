/** Exponential smoothing, Theta, ARIMA, STL and their mean, each as a model of one series whose findings are plain data. */
import { LookbackError } from '../errors.ts';
import { exp, log } from '../math.ts';
import {
  type Arima,
  type ArimaOrder,
  autoArima,
  continueEts,
  type Ets,
  type EtsForm,
  fitEts,
  fitHoltWinters,
  fitTheta,
  forecastArima,
  forecastEts,
  forecastTheta,
  longestEtsPeriod,
  stl,
  withoutRegression,
} from '../series/classical/index.ts';
import { type LocalContext, type LocalModel, type LocalState, sharedFit } from './localModel.ts';
import { prefersLogarithm } from './logarithm.ts';
import type { PointForecast } from './model.ts';

type Preference = (history: Float64Array, context: LocalContext) => boolean;

/** Of the logarithm where `prefers` says so; the standard errors follow to first order. */
export function onLogarithm(
  model: LocalModel,
  prefers: Preference = (history, { period }) => prefersLogarithm(history, period),
): LocalModel {
  return {
    usesCovariates: model.usesCovariates,
    fit: (history, context) => {
      const logarithm = prefers(history, context);
      const { settings, numbers } = model.fit(logarithm ? history.map(log) : history, context);
      return { settings: { ...settings, logarithm }, numbers };
    },
    forecast: (state, history, context, fresh) => {
      if (state.settings.logarithm !== true) return model.forecast(state, history, context, fresh);
      if (!history.every((value) => value > 0)) {
        throw new LookbackError('DATA_INVALID', {
          where: model.detail(state),
          expected: 'positive values, as those it was fitted to',
          next: 'Fit it anew',
        });
      }
      const { mean, deviation } = model.forecast(state, history.map(log), context, fresh);
      const back = mean.map(exp);
      return { mean: back, deviation: deviation?.map((value, step) => back[step] * value) };
    },
    detail: (state) => `${model.detail(state)}${state.settings.logarithm === true ? ' on logarithms' : ''}`,
  };
}

function etsState({ form, name, parameters, initial, variance }: Ets): LocalState {
  const { alpha, beta, gamma, phi } = parameters;
  return {
    settings: { form, name },
    numbers: {
      parameters: Float64Array.of(alpha, beta, gamma, phi, variance),
      initial: Float64Array.of(initial.level, initial.trend),
      season: initial.season,
    },
  };
}

function etsOf({ settings, numbers }: LocalState): Ets {
  const [alpha, beta, gamma, phi, variance] = numbers.parameters;
  const [level, trend] = numbers.initial;
  const initial = { level, trend, season: numbers.season };
  return {
    form: settings.form as EtsForm,
    name: String(settings.name),
    parameters: { alpha, beta, gamma, phi },
    initial,
    state: initial,
    aicc: Number.NaN,
    variance,
  };
}

const smoothed = (
  fit: (history: Float64Array, context: LocalContext) => Ets,
  detail?: (state: LocalState) => string,
): LocalModel => ({
  fit: (history, context) => etsState(fit(history, context)),
  forecast: (state, history, { horizon }, fresh) => ({
    mean: forecastEts(continueEts(etsOf(state), history, { fresh }), horizon),
  }),
  detail: detail ?? (({ settings }) => String(settings.name)),
});

export const ets = smoothed((history, { period }) => fitEts(history, { period }));

export const holtWinters = smoothed(
  (history, { period }) => fitHoltWinters(history, { period, season: history.every((value) => value > 0) ? 'M' : 'A' }),
  ({ settings }) => ((settings.form as EtsForm).season === 'M' ? 'multiplicative' : 'additive'),
);

export const theta: LocalModel = {
  fit: (history, { period }) => {
    const { alpha, level, drift, variance, season } = fitTheta(history, period);
    const parameters = Float64Array.of(alpha, level, drift, variance);
    return { settings: {}, numbers: { parameters, ...(season && { season }) } };
  },
  forecast: ({ numbers }, history, { horizon, period }, fresh) => {
    const [alpha, level, drift, variance] = numbers.parameters;
    // A history that begins elsewhere has its season elsewhere: factors and level are found anew, the rest stays.
    const own = fresh ? fitTheta(history, period) : { level, season: numbers.season };
    const { forecast, deviation } = forecastTheta({ alpha, drift, variance, ...own }, history, horizon);
    return { mean: forecast, deviation };
  },
  detail: () => '',
};

/** An ARIMA process as plain data; `values` are not kept. */
export function arimaState({ order, name, mean, variance, arma, regression }: Arima): LocalState {
  return {
    settings: { order, name },
    numbers: {
      scale: Float64Array.of(mean, variance),
      ar: arma.ar,
      ma: arma.ma,
      regression: Float64Array.from(regression),
    },
  };
}

/** The process of a state at the end of other values, less what their columns say. */
export function arimaOf(
  { settings, numbers }: LocalState,
  values: Float64Array,
  columns: readonly Float64Array[] = [],
): Arima {
  const [mean, variance] = numbers.scale;
  const regression = [...(numbers.regression ?? [])];
  return {
    order: settings.order as ArimaOrder,
    name: String(settings.name),
    coefficients: { ar: [], ma: [], seasonalAr: [], seasonalMa: [] },
    mean,
    variance,
    logLikelihood: Number.NaN,
    aicc: Number.NaN,
    arma: { ar: numbers.ar, ma: numbers.ma },
    regression,
    values: withoutRegression(values, regression, columns),
  };
}

/** Seasons of hundreds of values make orders that no series can fill; STL or Fourier terms take such seasons. */
export const arimaPeriod = (period: number): number => (period <= longestEtsPeriod ? period : 1);

export const arima = onLogarithm({
  fit: (history, { period }) => arimaState(autoArima(history, { period: arimaPeriod(period) })),
  forecast: (state, history, { horizon }) => {
    const { forecast, deviation } = forecastArima(arimaOf(state, history), horizon);
    return { mean: forecast, deviation };
  },
  detail: ({ settings }) => String(settings.name),
});

/** The decomposition is a smoothing without parameters and is made anew of each history; the rest's smoothing is kept. */
export const stlEts = onLogarithm({
  fit: (history, { period }) => {
    if (period < 2) {
      throw new LookbackError('DATA_INVALID', {
        where: 'stl-ets',
        expected: 'a season',
        got: 'period 1',
        next: 'Choose ets',
      });
    }
    const { seasonal } = stl(history, { period });
    return etsState(
      fitEts(
        history.map((value, t) => value - seasonal[t]),
        { season: 'N' },
      ),
    );
  },
  forecast: (state, history, { horizon, period }, fresh) => {
    const { seasonal } = stl(history, { period });
    const adjusted = history.map((value, t) => value - seasonal[t]);
    const rest = forecastEts(continueEts(etsOf(state), adjusted, { fresh }), horizon);
    return { mean: rest.map((level, step) => level + seasonal[seasonal.length - period + (step % period)]) };
  },
  detail: ({ settings }) => `STL + ${settings.name}`,
});

const parts: Readonly<Record<string, LocalModel>> = { ets, theta, arima, 'stl-ets': stlEts };

/** The mean of those of the four that can be fitted: an average of sound models beats most choices among them. */
export const combined: LocalModel = {
  fit: (history, context) => {
    const settings: Record<string, unknown> = {};
    const numbers: Record<string, Float64Array> = {};
    let failure: unknown;
    for (const [name, part] of Object.entries(parts)) {
      try {
        const state = sharedFit(name, part, history, context);
        part.forecast(state, history, context, false);
        settings[name] = state.settings;
        for (const [key, values] of Object.entries(state.numbers)) numbers[`${name}/${key}`] = values;
      } catch (error) {
        if (!(error instanceof LookbackError)) throw error;
        failure = error;
      }
    }
    if (Object.keys(settings).length === 0) throw failure;
    return { settings, numbers };
  },
  forecast: ({ settings, numbers }, history, context, fresh): PointForecast => {
    const forecasts = Object.entries(parts).flatMap(([name, part]) => {
      if (!(name in settings)) return [];
      const own = Object.entries(numbers).filter(([key]) => key.startsWith(`${name}/`));
      const state = {
        settings: settings[name] as Record<string, unknown>,
        numbers: Object.fromEntries(own.map(([key, values]) => [key.slice(name.length + 1), values])),
      };
      return [part.forecast(state, history, context, fresh).mean];
    });
    const mean = Float64Array.from(
      { length: context.horizon },
      (_, step) => forecasts.reduce((sum, forecast) => sum + forecast[step], 0) / forecasts.length,
    );
    return { mean };
  },
  detail: ({ settings }) => `mean of ${Object.keys(settings).length}`,
};
