import { describe, expect, it } from 'vitest';
import { StyleBook } from './colours.ts';
import { diffLines } from './diff.ts';
import { column, defaultBaseline, mapeOf, winner } from './forecast.ts';
import {
  formatAgo,
  formatCount,
  formatDuration,
  formatNumber,
  formatShort,
  formatTick,
  metricLabel,
} from './format.ts';

describe('diffLines', () => {
  it('says what each text alone has', () => {
    expect(diffLines('a\nb\nc\n', 'a\nx\nc\nd').map(({ kind, text }) => `${kind[0]}${text}`)).toEqual([
      'sa',
      'rb',
      'ax',
      'sc',
      'ad',
    ]);
  });
  it('of equal texts is all the same', () =>
    expect(diffLines('a\nb', 'a\nb').every(({ kind }) => kind === 'same')).toBe(true));
});

describe('StyleBook', () => {
  const names = Array.from({ length: 28 }, (_, i) => `run-${i}`);
  const look = (book: StyleBook, name: string) => JSON.stringify(book.of(name));
  it('gives the same name the same style in every book', () => {
    for (const name of names) expect(look(new StyleBook(), name)).toBe(look(new StyleBook(), name));
  });
  it('makes runs shown together distinct, solid lines first, and keeps what it gave', () => {
    const book = new StyleBook();
    book.show(names.slice(0, 7));
    expect(new Set(names.slice(0, 7).map((name) => book.of(name).colour)).size).toBe(7);
    const before = look(book, names[3]);
    book.show(names);
    expect(new Set(names.map((name) => look(book, name))).size).toBe(28);
    expect(look(book, names[3])).toBe(before);
  });
});

describe('forecasts', () => {
  const scores = [
    { name: 'naive', description: '', trained: false, mape: 20, rmse: 1, mase: 1, forecast: [] },
    { name: 'seasonal naive', description: '', trained: false, mape: 9, rmse: 1, mase: 1, forecast: [] },
    { name: 'lstm', description: '', trained: true, mape: null, rmse: null, mase: null, forecast: [] },
  ];
  it('have a winner and a baseline to beat', () => {
    expect([winner(scores), winner([]), defaultBaseline(scores)]).toEqual([
      'seasonal naive',
      undefined,
      'seasonal naive',
    ]);
  });
  it('are off by a mean absolute percentage', () => {
    expect(mapeOf([100, 200, 0, null], [110, 180, 5, 5])).toBeCloseTo(10, 12);
    expect(mapeOf([], [])).toBeUndefined();
  });
  it('begin at the last known value', () => expect(column([1, 2], [3, 4], [5, 6], 'test')).toEqual([null, 2, 5, 6]));
});

it('prints numbers, times and names for people', () => {
  expect([formatNumber(34_646.3), formatTick(5_800_000), formatShort(12_345)]).toEqual([
    '34\u2009646',
    '5.8 M',
    '12.3 k',
  ]);
  expect([formatNumber(1.23456), formatNumber(-0.00001234), formatNumber(12_345), formatNumber(null)]).toEqual([
    '1.235',
    '−1.23e-5',
    '12\u2009345',
    '–',
  ]);
  expect([formatTick(0.003), formatTick(45_000), formatCount(1_234_567)]).toEqual([
    '0.003',
    '45\u2009000',
    '1\u2009234\u2009567',
  ]);
  expect([formatDuration(0.25), formatDuration(125), formatDuration(3780), formatDuration(Number.NaN)]).toEqual([
    '250 ms',
    '2 min 05 s',
    '1 h 03 min',
    '–',
  ]);
  expect(formatAgo('2026-01-01T00:00:00Z', Date.parse('2026-01-01T02:00:00Z'))).toBe('2 h ago');
  expect([metricLabel('validationMape'), metricLabel('tokensPerSecond')]).toEqual([
    'validation MAPE',
    'tokens per second',
  ]);
});
