/**
 * Moving each window to a common place before a network sees it, and its forecast back: series of different levels and
 * spreads then share one network. From the window's inputs alone, so it is exact and never looks ahead.
 *
 *   last       minus the last value (NLinear: Zeng et al. 2023)
 *   mean       divided by the mean magnitude (DeepAR: Salinas et al. 2020)
 *   instance   minus the mean, divided by the deviation (RevIN: Kim et al. 2022, without its affine map)
 *   season     minus the last season, repeated
 */
import {
  abs,
  add,
  concat,
  divide,
  mean,
  reshape,
  slice,
  sqrt,
  subtract,
  type Tensor,
  variance,
} from '../tensor/index.ts';
import type { WindowScale } from './forecastHead.ts';

export const windowScalings = ['none', 'last', 'mean', 'instance', 'season'] as const;
export type WindowScaling = (typeof windowScalings)[number];

/** Added to a variance or a magnitude, so that a constant window stays finite. */
const epsilon = 1e-5;

/**
 * x [B, L, F] with the target first → the same with its target moved, and the way back for [B, H, 1, P].
 * `period` is at most L.
 */
export function scaleWindow(
  x: Tensor,
  kind: WindowScaling,
  { horizon, period }: { horizon: number; period: number },
): { x: Tensor; back: WindowScale } {
  const [B, L, F] = x.shape;
  const target = slice(x, 2, 0, 1);
  const with1 = (moved: Tensor) => (F === 1 ? moved : concat([moved, slice(x, 2, 1, F)], 2));
  const each = (value: Tensor) => reshape(value, [B, 1, 1, 1]);
  switch (kind) {
    case 'none':
      return { x, back: {} };
    case 'last': {
      const last = slice(target, 1, L - 1, L);
      return { x: with1(subtract(target, last)), back: { shift: each(last) } };
    }
    case 'mean': {
      const scale = add(mean(abs(target), 1, { keepDims: true }), epsilon);
      return { x: with1(divide(target, scale)), back: { scale: each(scale) } };
    }
    case 'instance': {
      const centre = mean(target, 1, { keepDims: true });
      const scale = sqrt(add(variance(target, 1, { keepDims: true, correction: 0 }), epsilon));
      return { x: with1(divide(subtract(target, centre), scale)), back: { shift: each(centre), scale: each(scale) } };
    }
    case 'season': {
      const season = slice(target, 1, L - period, L);
      // Whole seasons, then as much of one as is left: in front counted from the end, behind from the start.
      const before = L % period;
      const seasons = Array.from({ length: Math.floor(L / period) }, () => season);
      const past = concat([...(before > 0 ? [slice(season, 1, period - before, period)] : []), ...seasons], 1);
      const ahead = concat(
        Array.from({ length: Math.ceil(horizon / period) }, () => season),
        1,
      );
      const shift = reshape(slice(ahead, 1, 0, horizon), [B, horizon, 1, 1]);
      return { x: with1(subtract(target, past)), back: { shift } };
    }
    default:
      return kind satisfies never;
  }
}
