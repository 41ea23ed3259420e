/**
 * Bytes a model needs while it serves and while it trains. Weights, cache and optimizer state are exact for the layout
 * named; activations are an estimate, for what is kept depends on the program that runs the model. Each quantity carries
 * its working, so that a reader can check it by hand.
 */
import { LookbackError } from '../errors.ts';
import { type Precision, precisionBytes, showNumber } from './precision.ts';
import type { Shape } from './shape.ts';

/** A number of bytes and the sum it came from, e.g. `671,026,419,200 × 2 B`. */
export interface Quantity {
  bytes: number;
  working: string;
}

/** Parameters × bytes of one. */
export function weightBytes(parameters: number, precision: Precision): Quantity {
  const size = precisionBytes[precision];
  return { bytes: parameters * size, working: `${showNumber(parameters)} × ${size} B` };
}

/**
 * Numbers one attention layer keeps for one token: keys and values of the K heads, 2·K·D (Shazeer 2019, Ainslie et al.
 * 2023); for latent attention the latent and the shared rotary key, R + P (DeepSeek-V2, arXiv 2405.04434, section 2.1.3).
 */
export function cachedPerLayer({ attention }: Pick<Shape, 'attention'>): number {
  return attention.kind === 'latent'
    ? attention.kvRank + attention.rotaryWidth
    : 2 * attention.kvHeads * attention.headWidth;
}

/** Bytes the cache grows by with each token while every window is still filling; recurrent layers add nothing. */
export function cacheBytesPerToken(shape: Shape, precision: Precision = 'bf16'): number {
  return (shape.layers - (shape.recurrent?.layers ?? 0)) * cachedPerLayer(shape) * precisionBytes[precision];
}

/**
 * The cache of `batch` sequences of `context` tokens. Sliding layers keep at most their window, recurrent layers their
 * state, whatever the length.
 *
 * @throws LookbackError BAD_ARGUMENT for a context or batch that is not a whole number of 1 or more
 */
export function cacheBytes(
  shape: Shape,
  { context, batch = 1, precision = 'bf16' }: { context: number; batch?: number; precision?: Precision },
): Quantity {
  requireWhole('context', context);
  requireWhole('batch', batch);
  const size = precisionBytes[precision];
  const { attention, sliding, recurrent } = shape;
  const slidingLayers = sliding?.layers ?? 0;
  const full = shape.layers - slidingLayers - (recurrent?.layers ?? 0);
  const perLayer = cachedPerLayer(shape);
  const kept =
    attention.kind === 'latent'
      ? `(${attention.kvRank} + ${attention.rotaryWidth})`
      : `2 × ${attention.kvHeads} × ${attention.headWidth}`;
  const parts: { numbers: number; working: string }[] = [];
  const add = (layers: number, tokens: number) => {
    if (layers === 0) return;
    parts.push({ numbers: layers * perLayer * tokens, working: `${layers} × ${kept} × ${showNumber(tokens)}` });
  };
  add(full, context);
  add(slidingLayers, Math.min(context, sliding?.window ?? context));
  if (recurrent?.layers) {
    parts.push({
      numbers: recurrent.layers * recurrent.state,
      working: `${recurrent.layers} × ${showNumber(recurrent.state)}`,
    });
  }
  const numbers = parts.reduce((sum, part) => sum + part.numbers, 0);
  const sum = parts.map((part) => part.working).join(' + ');
  const whole = parts.length > 1 ? `(${sum})` : sum;
  return { bytes: numbers * size * batch, working: `${whole} × ${size} B${batch > 1 ? ` × ${batch}` : ''}` };
}

/** How a training run holds its parameters. */
export type TrainingPrecision = 'mixed' | 'fp32';

/**
 * Weights, gradients and AdamW's state: 16 bytes a parameter either way. Mixed precision keeps weights and gradients of
 * 2 bytes and, in fp32, a master copy and two moments (Rajbhandari et al. 2020, ZeRO, section 3.1); all-fp32 training
 * keeps weights, gradients and two moments of 4.
 */
export function trainingStateBytes(parameters: number, precision: TrainingPrecision = 'mixed'): Quantity {
  const parts = precision === 'mixed' ? '2 + 2 + 4 + 4 + 4' : '4 + 4 + 4 + 4';
  return { bytes: parameters * 16, working: `${showNumber(parameters)} × (${parts}) B` };
}

/**
 * GPUs whose memory holds `bytes`: bytes ÷ (memory × usable), rounded up. `memory` in bytes. Splitting is taken to be
 * perfect, which serving in whole powers of two and whole machines is not.
 */
export function gpusFor(bytes: number, { memory, usable = 0.9 }: { memory: number; usable?: number }): number {
  if (!(memory > 0) || !(usable > 0 && usable <= 1)) {
    throw new LookbackError('BAD_ARGUMENT', {
      where: 'gpusFor',
      expected: 'memory above 0 and a usable share above 0, at most 1',
      got: `${memory} and ${usable}`,
    });
  }
  return Math.max(1, Math.ceil(bytes / (memory * usable)));
}

export function requireWhole(where: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 1) return;
  throw new LookbackError('BAD_ARGUMENT', { where, expected: 'a whole number of 1 or more', got: String(value) });
}
