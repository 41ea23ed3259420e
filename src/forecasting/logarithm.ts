/** When a model should see logarithms. */
import { guerreroLambda } from '../series/classical/boxCox.ts';

/**
 * Whether the spread of a series grows with its level so that logarithms even it out: all values positive, and Guerrero's
 * power nearer to 0 than to 1. Decided from the history alone.
 */
export function prefersLogarithm(history: Float64Array, period: number): boolean {
  if (!history.every((value) => value > 0) || history.length < 4 * Math.max(period, 2)) return false;
  return guerreroLambda(history, period) < 0.5;
}
