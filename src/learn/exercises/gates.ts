/** Exercise 12: gate arithmetic over time. The engine's `lstm` over the steps, and its gradient, are the answer. */
import { Random } from '../../random.ts';
import { grad, lstm, scope, sigmoid, tanh } from '../../tensor/index.ts';
import type { Exercise } from '../exercise.ts';
import { dense, type Matrix, matrix, type Vector } from '../numbers.ts';

type Memory = { readonly kept: number; readonly cells: Vector };

const starter = `/**
 * What the gates of one memory cell do over time.
 *
 * z [T][3] holds, step by step, what goes into the input gate, the forget gate and the candidate, in this order; c is the
 * cell before the first step. cells [T] is the cell after each step. kept is the share of the first c that is still in the
 * last cell, which is also the share of the last cell's gradient that reaches the first c.
 */
export function gates(z: number[][], c: number): { kept: number; cells: number[] } {
  const cells: number[] = [];
  let kept = 1;
  for (const [input, forget, candidate] of z) {
    // Your turn: i and f are sigmoids, g is a tanh; then the new cell, and what is kept.
    cells.push(c);
  }
  return { kept, cells };
}

const sigmoid = (z: number) => 1 / (1 + Math.exp(-z));
`;

/** The engine's cell of one unit: the gates' inputs come in as x, through weights that pass them on. */
function engine(z: Matrix, c: number): Memory {
  return scope(() => {
    const weights = {
      inputWeight: dense([[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 0]], [4, 3]), // biome-ignore format: the rows i f g o
      recurrentWeight: dense([0, 0, 0, 0], [4, 1]),
      inputBias: dense([0, 0, 0, 0], [4]),
      recurrentBias: dense([0, 0, 0, 0], [4]),
    };
    const first = dense([c], [1, 1]);
    const run = () => lstm(dense(z, [1, z.length, 3]), weights, { initial: { h: dense([0], [1, 1]), c: first } });
    const cells = [...run().cells.dataSync()];
    const kept =
      grad([first], () => run().lastCell.sum())
        .get('0')
        ?.item() ?? Number.NaN;
    return { kept, cells };
  });
}

const squashed = (values: Vector, by: typeof sigmoid): Vector =>
  scope(() => [...by(dense(values, [values.length])).dataSync()]);

/** The gates of all steps, and the cell and the share by other arithmetic. */
function otherwise(
  z: Matrix,
  c: number,
  {
    next = (f, i, g, before) => f * before + i * g,
    share = (kept, f) => kept * f,
    raw = false,
    candidate = tanh,
  }: {
    next?: (f: number, i: number, g: number, before: number) => number;
    share?: (kept: number, f: number, i: number, t: number) => number;
    /** Without sigmoids and tanh. */
    raw?: boolean;
    candidate?: typeof sigmoid;
  },
): Memory {
  const cells: number[] = [];
  let kept = 1;
  z.forEach((step, t) => {
    const [i, f] = raw ? step : squashed(step.slice(0, 2), sigmoid);
    const [g] = raw ? [step[2]] : squashed([step[2]], candidate);
    cells.push(next(f, i, g, t === 0 ? c : cells[t - 1]));
    kept = share(kept, f, i, t);
  });
  return { kept, cells };
}

export const gates: Exercise = {
  number: 12,
  name: 'gate-arithmetic',
  title: 'Gate arithmetic',
  chapter: 'forecasting',
  task: 'Follow one memory cell through time: what the gates let in, what they let go, and how much of the first value is left.',
  hint: 'c becomes f times c plus i times g. Each step keeps f of what there was, so over all steps the product of the forget gates is left.',
  function: 'gates',
  starter,
  tolerance: 1e-6,
  cases() {
    const random = new Random(1, 'learn/gates');
    const held = (T: number) => matrix(random, T, 3).map(([i, f, g]) => [i, f + 3, g]);
    return [
      { about: 'one step', inputs: [matrix(random, 1, 3), 1] },
      { about: 'five steps', inputs: [matrix(random, 5, 3, 1.5), -0.8] },
      { about: 'twelve steps with the forget gate open', inputs: [held(12), 2] },
      {
        about: 'a forget gate that closes once',
        inputs: [
          [
            [0.5, 4, 1],
            [0.2, -9, 0.5],
            [-1, 4, 0.3],
          ],
          3,
        ],
      },
      { about: 'a cell that begins at 0', inputs: [matrix(random, 4, 3), 0] },
    ];
  },
  expected: engine,
  mistakes: [
    {
      message: 'The cell never changes: write the lines below “Your turn”.',
      gives: (z: Matrix, c: number) => ({ kept: 1, cells: z.map(() => c) }),
    },
    {
      message: 'The input and the forget gate are exchanged: f scales the old c, i scales g.',
      gives: (z: Matrix, c: number) =>
        otherwise(z, c, { next: (f, i, g, before) => i * before + f * g, share: (kept, _f, i) => kept * i }),
    },
    {
      message: 'The cells are right, but kept is the last forget gate alone; every step takes its share.',
      gives: (z: Matrix, c: number) => otherwise(z, c, { share: (_kept, f) => f }),
    },
    {
      message: 'The cells are right, but kept adds the forget gates up; shares of shares are multiplied.',
      gives: (z: Matrix, c: number) => otherwise(z, c, { share: (kept, f, _i, t) => (t === 0 ? f : kept + f) }),
    },
    {
      message: 'The cells are right, but kept is still 1: multiply it by f at every step.',
      gives: (z: Matrix, c: number) => otherwise(z, c, { share: (kept) => kept }),
    },
    {
      message: 'The cells are right, but kept counts the input gates; what is kept of the old c is the forget gate’s.',
      gives: (z: Matrix, c: number) => otherwise(z, c, { share: (kept, _f, i) => kept * i }),
    },
    {
      message: 'The numbers go in as they are: i and f are sigmoids of them, g is a tanh.',
      gives: (z: Matrix, c: number) => otherwise(z, c, { raw: true }),
    },
    {
      message: 'The candidate g is a tanh, from -1 to 1, not a sigmoid.',
      gives: (z: Matrix, c: number) => otherwise(z, c, { candidate: sigmoid }),
    },
    {
      message: 'What is kept is right, but the cell takes in all of g: i scales it.',
      gives: (z: Matrix, c: number) => otherwise(z, c, { next: (f, _i, g, before) => f * before + g }),
    },
    {
      message: 'What is kept is right, but each cell begins from the first c: from the cell of the step before.',
      gives: (z: Matrix, c: number) => otherwise(z, c, { next: (f, i, g) => f * c + i * g }),
    },
  ],
};
