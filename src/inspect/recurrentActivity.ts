/** What a recurrent layer holds at each step: gates, cell and hidden state, unit by unit (after Karpathy et al. 2015). */
import { LookbackError } from '../errors.ts';
import type { RecurrentKind } from '../nn/index.ts';
import { anatomyOf, observe, requireIndex, type Subject, stepsOf } from './subject.ts';

/** A quantity a layer has: where the tap shows it, and which H columns it is. */
interface Place {
  readonly tap: 'cells' | 'output' | 'gates';
  readonly block: number;
}

const places = {
  rnn: { hidden: { tap: 'output', block: 0 } },
  lstm: {
    cell: { tap: 'cells', block: 0 },
    hidden: { tap: 'output', block: 0 },
    input: { tap: 'gates', block: 0 },
    forget: { tap: 'gates', block: 1 },
    candidate: { tap: 'gates', block: 2 },
    output: { tap: 'gates', block: 3 },
  },
  gru: {
    hidden: { tap: 'output', block: 0 },
    reset: { tap: 'gates', block: 0 },
    update: { tap: 'gates', block: 1 },
    candidate: { tap: 'gates', block: 2 },
  },
} as const satisfies Record<RecurrentKind, Record<string, Place>>;

/** The quantities of a kind, the most telling first: lstm cell, hidden, input, forget, candidate, output. */
export function recurrentQuantities(kind: RecurrentKind): string[] {
  return Object.keys(places[kind]);
}

export interface RecurrentActivity {
  readonly hidden: number;
  /** [T, H] */
  readonly values: Float32Array<ArrayBuffer>;
}

/** One quantity of one layer at every step. @throws LookbackError INDEX_OUT_OF_RANGE, BAD_ARGUMENT for one it has not */
export function recurrentActivity(subject: Subject, layer: number, quantity: string): RecurrentActivity {
  const recurrent = anatomyOf(subject.model).recurrent;
  requireIndex('layer', layer, recurrent?.layers ?? 0);
  const { kind, hidden } = recurrent ?? { kind: 'rnn', hidden: 0 };
  const known: Record<string, Place> = places[kind];
  if (!Object.hasOwn(known, quantity)) {
    const expected = `one of ${recurrentQuantities(kind).join(', ')}`;
    throw new LookbackError('BAD_ARGUMENT', {
      where: 'quantity',
      expected,
      got: JSON.stringify(quantity.slice(0, 40)),
    });
  }
  const { tap, block } = known[quantity];
  const T = stepsOf(subject);
  const values = new Float32Array(T * hidden);
  const wanted = `${kind}.${layer}.${tap}`;
  observe(
    subject,
    {
      wants: (name) => name === wanted,
      activation: (_, value) => {
        const all = value.dataSync() as Float32Array;
        const width = all.length / T;
        for (let t = 0; t < T; t++) {
          const from = t * width + block * hidden;
          values.set(all.subarray(from, from + hidden), t * hidden);
        }
        return undefined;
      },
    },
    () => undefined,
  );
  return { hidden, values };
}
