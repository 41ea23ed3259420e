import { describe, expect, it } from 'vitest';
import type { RunRow } from '../../../src/server/wire.ts';
import { arrange, matches, recipeKeys, type TableQuery, take } from './table.ts';

const row = (name: string, more: Partial<RunRow> = {}): RunRow => ({
  name,
  status: 'finished',
  task: 'forecast',
  kind: 'lstm',
  started: '2026-01-01T00:00:00Z',
  ended: '2026-01-01T00:01:00Z',
  steps: 10,
  totalSteps: 10,
  summary: {},
  recipe: {},
  ...more,
});
const all: TableQuery = {
  search: '',
  status: '',
  task: '',
  filters: [],
  groupBy: '',
  archived: false,
  sorting: { column: 'name', descending: false },
};
const rows = [
  row('b', { recipe: { 'model.hidden': 128, seed: 1 }, summary: { mape: 7 } }),
  row('a', { recipe: { 'model.hidden': 64, seed: 1 }, summary: { mape: 3 }, status: 'failed', tags: ['baseline'] }),
  row('c', { recipe: { seed: 1 }, archived: true }),
  row('d', { recipe: { 'model.hidden': 64, seed: 1 }, task: 'language' }),
];
const names = (query: Partial<TableQuery>) =>
  arrange(rows, { ...all, ...query }, 0).map((group) => group.rows.map(({ name }) => name).join(''));

describe('arrange', () => {
  it('sorts by any column, what has no value last either way', () => {
    expect(names({})).toEqual(['abd']);
    expect(names({ sorting: { column: 'mape', descending: false } })).toEqual(['abd']);
    expect(names({ sorting: { column: 'mape', descending: true } })).toEqual(['bad']);
    expect(names({ sorting: { column: 'recipe:model.hidden', descending: true } })).toEqual(['bad']);
  });
  it('filters by status, task, words and archived', () => {
    expect(names({ status: 'failed' })).toEqual(['a']);
    expect(names({ task: 'language' })).toEqual(['d']);
    expect(names({ search: 'HIDDEN=64 baseline' })).toEqual(['a']);
    expect(names({ archived: true })).toEqual(['abcd']);
  });
  it('groups by a recipe key, runs without it last', () => {
    expect(names({ groupBy: 'model.hidden', archived: true })).toEqual(['ad', 'b', 'c']);
    expect(arrange(rows, { ...all, groupBy: 'model.hidden' }, 0)[0].label).toBe('model.hidden = 64');
  });
});

it('takes the first rows of all groups together', () => {
  const groups = arrange(rows, { ...all, groupBy: 'model.hidden', archived: true }, 0);
  expect(take(groups, 3).map((group) => group.rows.length)).toEqual([2, 1]);
});

it('tells keys that differ from those that do not', () => {
  expect(recipeKeys(rows)).toEqual([
    { key: 'model.hidden', varies: true },
    { key: 'seed', varies: false },
  ]);
});

it('matches every word or none', () =>
  expect([matches(rows[0], 'lstm b'), matches(rows[0], 'lstm zebra')]).toEqual([true, false]));
