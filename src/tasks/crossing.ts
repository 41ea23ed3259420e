/** When a falling curve will meet a floor, by extrapolation. */
import { exp, log } from '../math.ts';

export interface CurvePoint {
  /** Seconds of training. */
  seconds: number;
  loss: number;
}

export type Crossing = { kind: 'crossed' | 'predicted'; seconds: number } | { kind: 'never' };

/**
 * Fits loss = a + b ln(seconds) to the later half of the curve by least squares and asks where it meets
 * `floor`. A language model's loss falls roughly so before it saturates, so the answer is an early guess: it
 * knows nothing of the learning-rate schedule or of overfitting.
 *
 * @returns `never` for a curve that does not fall, or would take more than a month
 */
export function predictCrossing(points: readonly CurvePoint[], floor: number): Crossing {
  const crossed = points.find(({ loss }) => loss <= floor);
  if (crossed) return { kind: 'crossed', seconds: crossed.seconds };
  const positive = points.filter(({ seconds }) => seconds > 0);
  const late = positive.slice(Math.min(Math.floor(positive.length / 2), Math.max(0, positive.length - 3)));
  if (late.length < 2) return { kind: 'never' };
  const xs = late.map(({ seconds }) => log(seconds));
  const meanX = xs.reduce((sum, x) => sum + x, 0) / xs.length;
  const meanY = late.reduce((sum, { loss }) => sum + loss, 0) / late.length;
  let above = 0;
  let below = 0;
  late.forEach(({ loss }, i) => {
    above += (xs[i] - meanX) * (loss - meanY);
    below += (xs[i] - meanX) ** 2;
  });
  const slope = above / below;
  if (!(slope < 0)) return { kind: 'never' };
  const last = late[late.length - 1];
  // From the last measured point on, with the fitted slope: the prediction never lies in the past.
  const growth = (floor - last.loss) / slope;
  const seconds = last.seconds * exp(growth);
  return seconds < 30 * 86_400 ? { kind: 'predicted', seconds } : { kind: 'never' };
}
