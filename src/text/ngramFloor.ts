/**
 * The n-gram floor of a text: the lowest held-out loss that counting alone reaches, to draw beside a neural curve.
 */
import { LookbackError } from '../errors.ts';
import { crossEntropyByOrder } from './ngram.ts';
import { countNgrams } from './ngramCounts.ts';
import { fitNgrams } from './ngramSmoothing.ts';

/** The two estimators that a floor is taken over. */
export type FloorSmoothing = 'witten-bell' | 'kneser-ney';
const floorSmoothings: readonly FloorSmoothing[] = ['witten-bell', 'kneser-ney'];

export interface NgramFloor {
  smoothing: FloorSmoothing;
  order: number;
  /** Held-out cross-entropy, nats per token. */
  nats: number;
  /** Tokens counted, where these are not all of the training part. */
  tokens?: number;
}

export interface NgramFloors {
  /** The lowest of all. */
  best: NgramFloor;
  /** The best order of each smoothing. */
  floors: NgramFloor[];
  /** Every smoothing and order tried. */
  tried: NgramFloor[];
}

/**
 * Evaluates Witten-Bell and modified Kneser-Ney models of order 1 … maxOrder on a held-out split, from one count.
 *
 * The order is chosen on the split it is scored on, which flatters the floor by a hair and the network not at all.
 * Text of 1.1 million characters takes about a second at order 6.
 * @param trainIds shape [tokens]
 * @param heldOutIds shape [tokens]
 * @param vocabularySize Left out: one more than the largest id of the two splits.
 * @throws BAD_ARGUMENT for an empty split, a bad id or a bad order.
 */
export function bestFloor(
  trainIds: ArrayLike<number>,
  heldOutIds: ArrayLike<number>,
  { maxOrder = 6, vocabularySize }: { maxOrder?: number; vocabularySize?: number } = {},
): NgramFloors {
  if (trainIds.length === 0 || heldOutIds.length === 0) {
    throw new LookbackError('BAD_ARGUMENT', {
      where: 'bestFloor',
      expected: 'at least one token in each split',
      got: `${trainIds.length} to train on and ${heldOutIds.length} held out`,
      next: 'Use a longer text or another split',
    });
  }
  const counts = countNgrams(trainIds, {
    order: maxOrder,
    vocabularySize: vocabularySize ?? 1 + Math.max(largest(trainIds), largest(heldOutIds)),
  });
  const tried: NgramFloor[] = [];
  for (const smoothing of floorSmoothings) {
    const nats = crossEntropyByOrder(fitNgrams(counts, smoothing), heldOutIds);
    for (let order = 1; order <= maxOrder; order++) tried.push({ smoothing, order, nats: nats[order] });
  }
  const floors = floorSmoothings.map((smoothing) => lowest(tried.filter((floor) => floor.smoothing === smoothing)));
  return { best: lowest(floors), floors, tried };
}

function lowest(floors: NgramFloor[]): NgramFloor {
  return floors.reduce((best, floor) => (floor.nats < best.nats ? floor : best));
}

function largest(ids: ArrayLike<number>): number {
  let largestId = 0;
  for (let i = 0; i < ids.length; i++) if (ids[i] > largestId) largestId = ids[i];
  return largestId;
}
