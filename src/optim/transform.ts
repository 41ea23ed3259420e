/** What one part of an optimizer is, and how parts are joined. */
import type { View } from '../backends/backend.ts';
import { LookbackError } from '../errors.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { Arena, Segment } from './arena.ts';
import type { Schedule } from './schedules.ts';

/** What the parts of one update share, in the order of the chain. */
export interface StepContext {
  readonly arena: Arena;
  /** The gradients to use, [count]: the arena's, or what was accumulated. */
  readonly gradients: Tensor;
  /** Updates made before this one. */
  readonly step: number;
  /** A factor for all gradients, [1], that later parts fold into their update. */
  scale: Tensor | undefined;
  /** Global norm of the gradients before clipping, [1], once a part has computed it. */
  norm: Tensor | undefined;
  /** Called once the norm is known and before anything changes; throwing leaves the parameters as they were. */
  readonly onNorm?: (norm: Tensor) => void;
}

/** A record: state made by `init`, changed by `update`; after Optax (Google DeepMind). */
export interface Transform {
  /** Prefix of its state's names. */
  readonly name: string;
  init(arena: Arena): void;
  update(context: StepContext): void;
  /** Exchanges the parameters' values with what the part keeps instead of them; false where it keeps nothing. */
  swap?(arena: Arena): boolean;
  /** Blocks of the arena's layout that the next update depends on, by name. */
  state(): Map<string, Tensor>;
  dispose(): void;
}

/** Runs the parts one after the other. @throws LookbackError BAD_ARGUMENT for two parts of one name. */
export function chain(...parts: readonly Transform[]): Transform {
  const names = parts.map(({ name }) => name);
  if (new Set(names).size !== names.length) {
    throw new LookbackError('BAD_ARGUMENT', { where: 'chain', expected: 'each part once', got: names.join(', ') });
  }
  return {
    name: 'chain',
    init(arena) {
      for (const part of parts) part.init(arena);
    },
    update(context) {
      for (const part of parts) part.update(context);
    },
    swap: (arena) => parts.some((part) => part.swap?.(arena)),
    state() {
      return new Map(
        parts.flatMap((part) => [...part.state()].map(([key, block]) => [`${part.name}.${key}`, block] as const)),
      );
    },
    dispose() {
      for (const part of parts) part.dispose();
    },
  };
}

/** A number, or one for each step. */
export type Rate = number | Schedule;

export function rateAt(rate: Rate, step: number): number {
  return typeof rate === 'number' ? rate : rate(step);
}

/** The part of a block that a segment covers; owns nothing, so it need not be disposed of. */
export function segmentOf(block: Tensor, { offset, count }: Segment): View {
  return {
    storage: block.storage,
    dtype: block.dtype,
    shape: [count],
    strides: [1],
    offset: block.offset + offset,
    size: count,
  };
}

/** Throws BAD_ARGUMENT unless low ≤ value < high. */
export function requireRange(where: string, name: string, value: number, low: number, high = Infinity): void {
  if (value >= low && value < high) return;
  const expected = high === Infinity ? `${name} ≥ ${low}` : `${low} ≤ ${name} < ${high}`;
  throw new LookbackError('BAD_ARGUMENT', { where, expected, got: String(value) });
}
