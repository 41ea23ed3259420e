/** Exercise 11: what one step ahead is worth. The library's RMSE of the two formulas is the answer. */
import { Random } from '../../random.ts';
import { airlinePassengers, mae, rmse } from '../../series/index.ts';
import type { Exercise } from '../exercise.ts';
import { type Vector, vector } from '../numbers.ts';

const starter = `/**
 * The errors of two formulas that forecast one step ahead, to stand beside any model that does.
 *
 * y is a series; it is forecast from index \`from\` to its end, each value from those before it:
 * persistence says the value before, \`seasonal\` says y[t-1] * y[t-period] / y[t-period-1]: the step of a season ago.
 * Both results are root mean squared errors.
 */
export function oneStepErrors(y: number[], from: number, period: number): { persistence: number; seasonal: number } {
  const truth = y.slice(from);

  // Your turn: forecasts of y[from], y[from + 1], … in place of zeros.
  const persistence = truth.map((_, i) => 0);
  const seasonal = truth.map((_, i) => 0);

  return { persistence: rmse(truth, persistence), seasonal: rmse(truth, seasonal) };
}

function rmse(truth: number[], forecast: number[]): number {
  const squares = truth.map((value, i) => (value - forecast[i]) ** 2);
  return Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / truth.length);
}
`;

type Formula = (y: Vector, t: number, period: number, from: number) => number;
const persistence: Formula = (y, t) => y[t - 1];
const seasonal: Formula = (y, t, period) => (y[t - 1] * y[t - period]) / y[t - period - 1];

/** The errors of two formulas by `error`. */
function errors(one: Formula, two: Formula, error: (actual: Vector, forecast: Vector) => number = rmse) {
  return (y: Vector, from: number, period: number) => {
    const truth = y.slice(from);
    const of = (formula: Formula) =>
      error(
        truth,
        truth.map((_, i) => formula(y, from + i, period, from)),
      );
    return { persistence: of(one), seasonal: of(two) };
  };
}

export const oneStep: Exercise = {
  number: 11,
  name: 'one-step-trap',
  title: 'The one-step trap',
  chapter: 'forecasting',
  task: 'Forecast each value from the ones before it by two formulas that learn nothing, and compare what a model says with them.',
  hint: 'For i from 0 on, t = from + i. The value before y[t] is y[t - 1], and it is known when y[t] is forecast, wherever t stands: one step ahead looks at the truth at every step.',
  function: 'oneStepErrors',
  starter,
  tolerance: 1e-6,
  cases() {
    const random = new Random(1, 'learn/one-step');
    const positive = (length: number) =>
      vector(random, length).map((value) => Math.round((Math.abs(value) + 1) * 1000) / 1000);
    return [
      { about: 'the last 48 airline months', inputs: [[...airlinePassengers().values], 96, 12] },
      { about: 'a season of 4', inputs: [positive(20), 9, 4] },
      { about: 'the last value alone', inputs: [positive(10), 9, 3] },
      { about: 'a season of 1', inputs: [positive(8), 2, 1] },
    ];
  },
  expected: errors(persistence, seasonal),
  mistakes: [
    {
      message: 'Both still forecast 0: write the lines below “Your turn”.',
      gives: errors(
        () => 0,
        () => 0,
      ),
    },
    {
      message: 'Your forecast of y[t] is y[t] itself, so the error is 0: only values before t are known.',
      gives: errors(
        (y, t) => y[t],
        (y, t) => y[t],
      ),
    },
    {
      message: 'The seasonal formula is right, but persistence uses y[t] itself: only values before t are known.',
      gives: errors((y, t) => y[t], seasonal),
    },
    {
      message:
        'You repeat y[from - 1] all the way: that forecasts many steps. One step ahead, the value before t is known.',
      gives: errors((y, _t, _p, from) => y[from - 1], seasonal),
    },
    {
      message:
        'Persistence is right; the seasonal one is last season’s value, without this year’s level: times y[t-1] / y[t-period-1].',
      gives: errors(persistence, (y, t, period) => y[t - period]),
    },
    {
      message: 'Persistence is right; the seasonal ratio is turned round: y[t-period] stands above y[t-period-1].',
      gives: errors(persistence, (y, t, period) => (y[t - 1] * y[t - period - 1]) / y[t - period]),
    },
    {
      message: 'Persistence is right; the seasonal one begins from y[t], which is not known yet: from y[t-1].',
      gives: errors(persistence, (y, t, period) => (y[t] * y[t - period]) / y[t - period - 1]),
    },
    {
      message: 'Persistence is right; the seasonal step is shifted by one: it leads from y[t-period-1] to y[t-period].',
      gives: errors(persistence, (y, t, period) => (y[t - 1] * y[t - period + 1]) / y[t - period]),
    },
    {
      message: 'These are mean absolute errors; the root of the mean square is asked for.',
      gives: errors(persistence, seasonal, mae),
    },
    {
      message: 'These are mean squared errors: their root is missing.',
      gives: errors(persistence, seasonal, (actual, forecast) => {
        const root = rmse(actual, forecast);
        return root * root;
      }),
    },
  ],
};
