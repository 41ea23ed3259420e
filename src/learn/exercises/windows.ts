/** Exercise 10: windows of a series. The engine's `makeWindows` is the answer. */
import { Random } from '../../random.ts';
import { makeWindows } from '../../series/index.ts';
import type { Exercise } from '../exercise.ts';
import { type Matrix, rows, type Vector, vector } from '../numbers.ts';

type Cut = { readonly targets: Matrix; readonly inputs: Matrix };

const starter = `/**
 * Look-back windows of a series, and what follows each.
 *
 * Every window is \`lookback\` values that stand side by side, its target the \`horizon\` values right after them. The first
 * window begins at the first value, each next one \`stride\` later; the last is the last whose target still fits.
 */
export function makeWindows(series: number[], lookback: number, horizon: number, stride: number) {
  const inputs: number[][] = [];
  const targets: number[][] = [];

  // Your turn. series.slice(from, to) has the values from \`from\` up to, not including, \`to\`.

  return { targets, inputs };
}
`;

function engine(series: Vector, lookback: number, horizon: number, stride = 1): Cut {
  const { inputs, targets } = makeWindows([[Float64Array.from(series)]], { lookback, horizon, stride });
  return { targets: rows(targets, horizon), inputs: rows(inputs, lookback) };
}

/** Windows that begin at `starts`. */
function at(starts: Vector, series: Vector, lookback: number, horizon: number, gap = 0): Cut {
  return {
    targets: starts.map((start) => series.slice(start + lookback + gap, start + lookback + gap + horizon)),
    inputs: starts.map((start) => series.slice(start, start + lookback)),
  };
}

const starts = (from: number, below: number, stride: number): number[] =>
  Array.from({ length: Math.max(0, Math.ceil((below - from) / stride)) }, (_, i) => from + i * stride);

export const windows: Exercise = {
  number: 10,
  name: 'make-windows',
  title: 'Windows of a series',
  chapter: 'forecasting',
  task: 'Cut a series into windows to learn from: the values looked back on, and the values to say.',
  hint: 'A window that begins at s needs lookback + horizon values: s + lookback + horizon may be as large as series.length. Step s by stride.',
  function: 'makeWindows',
  starter,
  tolerance: 1e-6,
  cases() {
    const random = new Random(1, 'learn/windows');
    const count = (length: number) => Array.from({ length }, (_, i) => i + 1);
    return [
      { about: '1 to 10, look back 3, say 2', inputs: [count(10), 3, 2, 1] },
      { about: 'one step ahead', inputs: [vector(random, 8), 4, 1, 1] },
      { about: 'a stride of 3', inputs: [vector(random, 14), 4, 2, 3] },
      { about: 'a series of one window', inputs: [count(6), 4, 2, 1] },
      { about: 'a stride as long as the window', inputs: [vector(random, 12), 2, 2, 4] },
      { about: 'a horizon longer than the look-back', inputs: [vector(random, 11), 2, 5, 2] },
    ];
  },
  expected: engine,
  mistakes: [
    {
      message: 'There are no windows yet: write the lines below “Your turn”.',
      gives: () => ({ targets: [], inputs: [] }),
    },
    {
      message: 'The last window is missing: its target may end with the last value of the series.',
      gives: (series: Vector, L: number, H: number, stride: number) =>
        at(starts(0, series.length - L - H, stride), series, L, H),
    },
    {
      message: 'Some targets run over the end of the series: those windows are left out.',
      gives: (series: Vector, L: number, H: number, stride: number) =>
        at(starts(0, series.length - L, stride), series, L, H),
    },
    {
      message: 'The target begins with the last value looked back on: the model would be told what it is asked for.',
      gives: (series: Vector, L: number, H: number, stride: number) =>
        at(starts(0, series.length - L - H + 1, stride), series, L, H, -1),
    },
    {
      message: 'A value is skipped between the window and its target: the target begins right after it.',
      gives: (series: Vector, L: number, H: number, stride: number) =>
        at(starts(0, series.length - L - H, stride), series, L, H, 1),
    },
    {
      message: 'The stride is not used: the next window begins stride values later.',
      gives: (series: Vector, L: number, H: number) => engine(series, L, H),
    },
    {
      message: 'Your windows do not overlap; each next one begins stride values later, wherever the one before ended.',
      gives: (series: Vector, L: number, H: number) => engine(series, L, H, L + H),
    },
    {
      message: 'Only the first value of each target is there; it has horizon of them.',
      gives: (series: Vector, L: number, H: number, stride: number) => {
        const right = engine(series, L, H, stride);
        return { ...right, targets: right.targets.map(([first]) => [first]) };
      },
    },
  ],
};
