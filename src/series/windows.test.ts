import { describe, expect, it } from 'vitest';
import { makeWindows } from './windows.ts';

const count = (n: number, from = 0) => Float64Array.from({ length: n }, (_, i) => from + i);
const code = (name: string) => expect.objectContaining({ code: name });

describe('makeWindows', () => {
  it('cuts every window of one series', () => {
    const windows = makeWindows([[count(6)]], { lookback: 3, horizon: 2 });
    expect(windows.inputShape).toEqual([2, 3, 1]);
    expect(windows.targetShape).toEqual([2, 2, 1]);
    expect(Array.from(windows.inputs)).toEqual([0, 1, 2, 1, 2, 3]);
    expect(Array.from(windows.targets)).toEqual([3, 4, 4, 5]);
    expect(windows.index).toEqual([
      { series: 0, origin: 3 },
      { series: 0, origin: 4 },
    ]);
  });

  it('puts channels last and goes through the series in turn', () => {
    const windows = makeWindows(
      [
        [count(4), count(4, 10)],
        [count(3, 100), count(3, 200)],
      ],
      { lookback: 2, horizon: 1 },
    );
    expect(windows.inputShape).toEqual([3, 2, 2]);
    expect(Array.from(windows.inputs)).toEqual([0, 10, 1, 11, 1, 11, 2, 12, 100, 200, 101, 201]);
    expect(Array.from(windows.targets)).toEqual([2, 12, 3, 13, 102, 202]);
    expect(windows.index.map(({ series }) => series)).toEqual([0, 0, 1]);
  });

  it('stays inside its range and takes strides', () => {
    const options = { lookback: 2, horizon: 2, stride: 3, ranges: [{ from: 3, to: 12 }] };
    const origins = makeWindows([[count(20)]], options).index.map(({ origin }) => origin);
    expect(origins).toEqual([5, 8]);
    const earlier = makeWindows([[count(20)]], { ...options, earlierInputs: true });
    expect(earlier.index.map(({ origin }) => origin)).toEqual([3, 6, 9]);
    expect(Array.from(earlier.inputs.subarray(0, 2))).toEqual([1, 2]);
  });

  it('does not see values outside its range', () => {
    const changed = count(20).map((value, t) => (t >= 3 && t < 12 ? value : -99));
    const options = { lookback: 2, horizon: 2, centre: true, ranges: [{ from: 3, to: 12 }] };
    expect(makeWindows([[changed]], options)).toEqual(makeWindows([[count(20)]], options));
  });

  it('centres each channel of each window on the mean of its inputs', () => {
    const windows = makeWindows([[Float64Array.of(1, 3, 8), Float64Array.of(5, 5, 6)]], {
      lookback: 2,
      horizon: 1,
      centre: true,
    });
    expect(Array.from(windows.centres)).toEqual([2, 5]);
    expect(Array.from(windows.inputs)).toEqual([-1, 0, 1, 0]);
    expect(Array.from(windows.targets)).toEqual([6, 1]);
  });

  it('refuses what does not fit', () => {
    const options = { lookback: 3, horizon: 2 };
    expect(() => makeWindows([[count(4)]], options)).toThrow(code('DATA_INVALID'));
    expect(() => makeWindows([[Float64Array.of(1, 2, Number.NaN, 4, 5)]], options)).toThrow(code('DATA_INVALID'));
    expect(() => makeWindows([[count(9), count(8)]], options)).toThrow(code('SHAPE_MISMATCH'));
    expect(() => makeWindows([[count(9)], [count(9), count(9)]], options)).toThrow(code('SHAPE_MISMATCH'));
    for (const bad of [
      { lookback: 0 },
      { horizon: 1.5 },
      { stride: 0 },
      { ranges: [{ from: 0, to: 10 }] },
      { ranges: [] },
    ]) {
      expect(() => makeWindows([[count(9)]], { ...options, ...bad })).toThrow(code('BAD_ARGUMENT'));
    }
    expect(() => makeWindows([], options)).toThrow(code('BAD_ARGUMENT'));
  });
});
