/** Exercise 1: one step of an LSTM. The engine's `lstm` over a single step is the answer. */
import { Random } from '../../random.ts';
import { lstm, scope } from '../../tensor/index.ts';
import type { Exercise } from '../exercise.ts';
import { dense, type Matrix, matrix, type Vector, vector } from '../numbers.ts';

/** A type of its own would not do: values are records of any keys. */
type Weights = { readonly Wx: Matrix; readonly Wh: Matrix; readonly b: Vector };
type State = { readonly h: Vector; readonly c: Vector };

const starter = `/**
 * One step of an LSTM.
 *
 * x [I] is the input, h [H] and c [H] are the state after the step before.
 * Wx [4H][I], Wh [4H][H] and b [4H] hold four blocks of H rows, in the order i, f, g, o.
 */
export interface Weights { Wx: number[][]; Wh: number[][]; b: number[] }

export function lstmCell(x: number[], h: number[], c: number[], { Wx, Wh, b }: Weights) {
  const H = h.length;
  const z = b.map((bias, row) => bias + dot(Wx[row], x) + dot(Wh[row], h));
  const i = z.slice(0, H).map(sigmoid);
  const f = z.slice(H, 2 * H).map(sigmoid);
  const g = z.slice(2 * H, 3 * H).map(Math.tanh);
  const o = z.slice(3 * H).map(sigmoid);

  // Your turn: the new cell state, and what the cell shows of it.
  const cNext = c.map((value, j) => 0);
  const hNext = c.map((value, j) => 0);

  return { h: hNext, c: cNext };
}

const dot = (a: number[], b: number[]) => a.reduce((sum, value, j) => sum + value * b[j], 0);
const sigmoid = (z: number) => 1 / (1 + Math.exp(-z));
`;

/** The engine's step; `change` alters the state that goes in. */
function step(
  x: Vector,
  h: Vector,
  c: Vector,
  { Wx, Wh, b }: Weights,
  change: (values: Matrix) => Matrix = (z) => z,
): State {
  const [I, H] = [x.length, h.length];
  return scope(() => {
    const { last, lastCell } = lstm(
      dense(x, [1, 1, I]),
      {
        inputWeight: dense(change(Wx), [4 * H, I]),
        recurrentWeight: dense(change(Wh), [4 * H, H]),
        inputBias: dense(change(b.map((value) => [value])), [4 * H]),
        recurrentBias: dense(new Array<number>(4 * H).fill(0), [4 * H]),
      },
      { initial: { h: dense(h, [1, H]), c: dense(c, [1, H]) } },
    );
    return { h: [...last.dataSync()], c: [...lastCell.dataSync()] };
  });
}

/** Blocks of rows i f g o in another order. */
const reordered =
  (...order: number[]) =>
  (rows: Matrix): Matrix => {
    const H = rows.length / 4;
    return order.flatMap((block) => rows.slice(block * H, (block + 1) * H));
  };

const zeros = (values: Vector) => values.map(() => 0);

export const lstmCell: Exercise = {
  number: 1,
  name: 'lstm-cell',
  title: 'An LSTM cell',
  chapter: 'series',
  task: 'The four gates are there. Write the two lines that make the new cell state c and the new output h from them.',
  hint: 'The forget gate f says how much of the old c stays, the input gate i how much of the candidate g comes in. What is shown of c is squashed by tanh, then scaled by o.',
  function: 'lstmCell',
  starter,
  tolerance: 1e-6,
  cases() {
    const random = new Random(1, 'learn/lstm-cell');
    const weights = (I: number, H: number, scale = 1) => ({
      Wx: matrix(random, 4 * H, I, scale),
      Wh: matrix(random, 4 * H, H, scale),
      b: vector(random, 4 * H, scale),
    });
    const made = (about: string, I: number, H: number, scale?: number) => ({
      about,
      inputs: [vector(random, I), vector(random, H, 0.5), vector(random, H), weights(I, H, scale)],
    });
    return [
      made('a cell of 2 units', 3, 2),
      made('a cell of 1 unit and 1 input', 1, 1),
      made('a wide cell', 4, 9),
      { about: 'a state of zeros', inputs: [vector(random, 2), [0, 0, 0], [0, 0, 0], weights(2, 3)] },
      made('large weights, where the gates saturate', 2, 3, 20),
    ];
  },
  expected: (x: Vector, h: Vector, c: Vector, weights: Weights) => step(x, h, c, weights),
  mistakes: [
    {
      message: 'Both are still zeros: write the two lines below “Your turn”.',
      gives: (_x: Vector, h: Vector) => ({ h: zeros(h), c: zeros(h) }),
    },
    {
      message: 'The old cell state is lost: c keeps f times what it was, plus i times g.',
      gives: (x: Vector, h: Vector, c: Vector, weights: Weights) => step(x, h, zeros(c), weights),
    },
    {
      message: 'The input and the forget gate are exchanged: f scales the old c, i scales the candidate g.',
      gives: (x: Vector, h: Vector, c: Vector, weights: Weights) => step(x, h, c, weights, reordered(1, 0, 2, 3)),
    },
    {
      message: 'The cell state is right, but h shows it without its tanh.',
      gives: (x: Vector, h: Vector, c: Vector, weights: Weights) => {
        const right = step(x, h, c, weights);
        // o = h / tanh(c): what is left out is put back.
        return { ...right, h: right.h.map((value, j) => (value / tanhOf(right.c[j])) * right.c[j]) };
      },
    },
    {
      message: 'The cell state is right, but the output gate does not scale h.',
      gives: (x: Vector, h: Vector, c: Vector, weights: Weights) => {
        const right = step(x, h, c, weights);
        return { ...right, h: right.c.map(tanhOf) };
      },
    },
    {
      message: 'The cell state is right, but h is made from the old c, not from the new one.',
      gives: (x: Vector, h: Vector, c: Vector, weights: Weights) => {
        const right = step(x, h, c, weights);
        return { ...right, h: right.h.map((value, j) => (value / tanhOf(right.c[j])) * tanhOf(c[j])) };
      },
    },
  ],
};

function tanhOf(value: number): number {
  return scope(() => dense([value], [1]).tanh().item());
}
