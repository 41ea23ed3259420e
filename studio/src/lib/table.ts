/** The table of runs: searching, filtering, sorting and grouping rows. Pure. */
import type { RunRow } from '../../../src/server/wire.ts';
import { durationOf } from './format.ts';

export type CellValue = string | number | boolean | null;

export interface Sorting {
  /** A built-in column, or a recipe key as `recipe:model.hidden`. */
  column: string;
  descending: boolean;
}

export const comparisons = ['=', '≠', '<', '>', 'has'] as const;

/** A condition on one recipe key, as the reader is writing it: without a value it lets everything pass. */
export interface RecipeFilter {
  key: string;
  comparison: (typeof comparisons)[number];
  value: string;
}

export interface TableQuery {
  search: string;
  status: string;
  task: string;
  sorting: Sorting;
  /** All of them must hold. */
  filters: RecipeFilter[];
  /** A recipe key, or '' for one list. */
  groupBy: string;
  archived: boolean;
}

export interface RunGroup {
  /** Undefined in the one group of an ungrouped table. */
  label: string | undefined;
  rows: RunRow[];
}

const number = (value: unknown): number | null => (typeof value === 'number' ? value : null);

/** What a cell holds, for sorting; null sorts last either way. */
export function cell(row: RunRow, column: string, now: number): CellValue {
  if (column.startsWith('recipe:')) return row.recipe[column.slice('recipe:'.length)] ?? null;
  switch (column) {
    case 'name':
    case 'status':
      return row[column];
    case 'model':
      return `${row.task} ${row.kind}`;
    case 'steps':
      return row.steps;
    case 'started':
      return row.started ? Date.parse(row.started) : null;
    case 'duration': {
      const seconds = durationOf(row, now);
      return Number.isFinite(seconds) ? seconds : null;
    }
    case 'score':
      return number(row.summary.bestScore);
    case 'mape':
      return number(row.summary.mape) ?? number(row.summary.validationMape);
    case 'loss':
      return number(row.summary.validationLoss);
    default:
      return null;
  }
}

/** Whether every word of the search is in the row's name, task, model, status, tags or recipe (`hidden=64`). */
export function matches(row: RunRow, search: string): boolean {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return true;
  const recipe = Object.entries(row.recipe).map(([key, value]) => `${key}=${String(value)}`);
  const text = [row.name, row.task, row.kind, row.status, ...(row.tags ?? []), ...recipe].join('\n').toLowerCase();
  return words.every((word) => text.includes(word));
}

/** Numbers are compared as numbers where both sides are; a run without the key passes `≠` only. */
export function passes(row: RunRow, { key, comparison, value }: RecipeFilter): boolean {
  if (value.trim() === '') return true;
  const own = row.recipe[key];
  if (own === undefined) return comparison === '≠';
  const wanted = value.trim().toLowerCase();
  const text = String(own).toLowerCase();
  const numbers = typeof own === 'number' && Number.isFinite(Number(wanted));
  const order = numbers ? own - Number(wanted) : text.localeCompare(wanted, undefined, { numeric: true });
  switch (comparison) {
    case '=':
      return order === 0;
    case '≠':
      return order !== 0;
    case '<':
      return order < 0;
    case '>':
      return order > 0;
    case 'has':
      return text.includes(wanted);
    default:
      return comparison satisfies never;
  }
}

/** What groups a row under a key, in words. */
export const groupLabel = (row: RunRow, key: string): string => `${key} = ${String(row.recipe[key] ?? '(none)')}`;

function compare(a: CellValue, b: CellValue, descending: boolean): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  const order =
    typeof a === 'number' && typeof b === 'number'
      ? a - b
      : String(a).localeCompare(String(b), undefined, { numeric: true });
  return descending ? -order : order;
}

/** The rows a query leaves, sorted, in groups by the value of its recipe key. Rows without the key come last. */
export function arrange(rows: readonly RunRow[], query: TableQuery, now: number): RunGroup[] {
  const { search, status, task, filters, sorting, groupBy, archived } = query;
  const left = rows
    .filter((row) => (!status || row.status === status) && (!task || row.task === task) && matches(row, search))
    .filter((row) => (archived || !row.archived) && filters.every((filter) => passes(row, filter)))
    .map((row) => ({ row, value: cell(row, sorting.column, now) }))
    .sort((a, b) => compare(a.value, b.value, sorting.descending) || a.row.name.localeCompare(b.row.name))
    .map(({ row }) => row);
  if (!groupBy) return [{ label: undefined, rows: left }];
  const groups = new Map<CellValue, RunRow[]>();
  for (const row of left) {
    const value = row.recipe[groupBy] ?? null;
    const group = groups.get(value);
    if (group) group.push(row);
    else groups.set(value, [row]);
  }
  return [...groups]
    .sort(([a], [b]) => compare(a, b, false))
    .map(([, members]) => ({ label: groupLabel(members[0], groupBy), rows: members }));
}

/** The first `limit` rows of all groups together. */
export function take(groups: readonly RunGroup[], limit: number): RunGroup[] {
  const taken: RunGroup[] = [];
  let left = limit;
  for (const { label, rows } of groups) {
    if (left <= 0) break;
    taken.push({ label, rows: rows.slice(0, left) });
    left -= rows.length;
  }
  return taken;
}

/** Recipe keys of all rows by name, those that differ between runs first: they are what one groups by. */
export function recipeKeys(rows: readonly RunRow[]): { key: string; varies: boolean }[] {
  const values = new Map<string, Set<CellValue>>();
  const counts = new Map<string, number>();
  for (const { recipe } of rows) {
    for (const [key, value] of Object.entries(recipe)) {
      const seen = values.get(key) ?? new Set();
      values.set(key, seen.add(value));
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  }
  return [...values]
    .map(([key, seen]) => ({ key, varies: seen.size > 1 || counts.get(key) !== rows.length }))
    .sort((a, b) => Number(b.varies) - Number(a.varies) || a.key.localeCompare(b.key));
}
