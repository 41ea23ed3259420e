/**
 * One run as a row of the table, from its folder: the record, the recipe flattened, and the end of its metrics.
 *
 * Cheap enough for a thousand runs: of `metrics.jsonl` only the last bytes are read. Recipes and summaries of other
 * programs may hold anything, so both are cut to what a table can show.
 */
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseEvent, spelled } from '../track/metrics.ts';
import { Run, type RunStatus } from '../track/node.ts';
import type { RecipeValue, RowStatus, RunRow } from './wire.ts';

/** Bytes of the end of `metrics.jsonl` that are looked at: some hundreds of rows. */
const tailBytes = 1 << 16;

/** Most keys of a recipe or summary, and longest text of one, in UTF-16 units. */
const mostKeys = 200;
const longestText = 500;

/** A recipe as parsed, good while the file's time of change is the same. */
export interface FlatRecipe {
  readonly modified: number;
  readonly values: Readonly<Record<string, RecipeValue>>;
}

/** The row of a folder that holds a run; `before` spares the parsing of a recipe that has not changed. */
export function readRow(
  folder: string,
  name: string,
  before?: FlatRecipe,
): { row: RunRow; recipe: FlatRecipe | undefined } {
  let run: Run;
  try {
    run = new Run(folder);
  } catch (error) {
    return { row: damagedRow(name, messageOf(error)), recipe: before };
  }
  const { record } = run;
  let recipe = before;
  let problem: string | undefined;
  try {
    const modified = statSync(join(folder, 'recipe.yaml')).mtimeMs;
    if (recipe?.modified !== modified) recipe = { modified, values: flatten(run.recipe()) };
  } catch (error) {
    recipe = undefined;
    problem = messageOf(error);
  }
  const tail = readTail(join(folder, 'metrics.jsonl'));
  const values = recipe?.values ?? {};
  const status: RunStatus = run.status;
  const summary = Object.fromEntries(
    Object.entries(record.summary)
      .slice(0, mostKeys)
      .map(([key, value]) => [key, typeof value === 'string' ? value.slice(0, longestText) : value]),
  );
  const totalSteps = values['train.steps'];
  const row: RunRow = {
    name,
    status,
    task: text(values.task),
    kind: text(values['model.kind']),
    started: record.started,
    ended: record.ended,
    steps: tail.step,
    totalSteps: typeof totalSteps === 'number' ? totalSteps : null,
    // What a run said at its last end is out of date once it goes on.
    summary: status === 'running' ? { ...summary, ...tail.values } : { ...tail.values, ...summary },
    recipe: values,
    ...(record.tags?.length ? { tags: [...record.tags] } : {}),
    ...(record.archived ? { archived: true } : {}),
  };
  problem ??= tail.problem;
  return { row: problem ? { ...row, problem } : row, recipe };
}

/** The row of a folder whose record cannot be read. */
export function damagedRow(name: string, problem: string): RunRow {
  const status: RowStatus = 'damaged';
  const nothing = { task: '', kind: '', started: '', ended: null, steps: 0, totalSteps: null, summary: {}, recipe: {} };
  return { name, status, ...nothing, problem };
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Nested keys joined by dots; lists as JSON. */
function flatten(recipe: unknown): Record<string, RecipeValue> {
  const flat: Record<string, RecipeValue> = {};
  let keys = 0;
  const walk = (value: unknown, path: string, depth: number): void => {
    if (keys >= mostKeys) return;
    if (typeof value === 'object' && value !== null && !Array.isArray(value) && depth < 8) {
      for (const [key, inner] of Object.entries(value)) walk(inner, path ? `${path}.${key}` : key, depth + 1);
      return;
    }
    if (!path || path === '__proto__') return;
    keys++;
    const plain = value === null || typeof value === 'number' || typeof value === 'boolean';
    flat[path] = plain
      ? value
      : (typeof value === 'string' ? value : (JSON.stringify(value) ?? '')).slice(0, longestText);
  };
  walk(recipe, '', 0);
  return flat;
}

/** The last step and the last number of each metric; a torn last line is end of file. */
function readTail(path: string): { step: number; values: Record<string, number>; problem?: string } {
  let lines: string[];
  try {
    const file = openSync(path, 'r');
    try {
      const { size } = fstatSync(file);
      const begin = Math.max(0, size - tailBytes);
      const bytes = new Uint8Array(size - begin);
      const read = readSync(file, bytes, 0, bytes.length, begin);
      lines = new TextDecoder().decode(bytes.subarray(0, read)).split('\n');
      lines.pop();
      if (begin > 0) lines.shift();
    } finally {
      closeSync(file);
    }
  } catch {
    // Not written yet.
    return { step: 0, values: {} };
  }
  let step: number | undefined;
  // Beyond it rows were voided by a resume that stands further down.
  let limit = Number.POSITIVE_INFINITY;
  const values: Record<string, number> = {};
  let problem: string | undefined;
  for (let i = lines.length - 1; i >= 0; i--) {
    const event = parseEvent(lines[i]);
    if (!event) {
      problem = `metrics.jsonl: a line is no event: ${lines[i].slice(0, 60)}`;
      continue;
    }
    if (event.resumed !== undefined) {
      limit = Math.min(limit, event.resumed);
      continue;
    }
    if (event.step > limit) continue;
    step ??= event.step;
    for (const name in event) {
      const value = spelled(event[name]);
      if (name === 'step' || name === 'time' || name === '__proto__' || Object.hasOwn(values, name)) continue;
      if (typeof value === 'number') values[name] = value;
    }
  }
  return { step: step ?? (limit === Number.POSITIVE_INFINITY ? 0 : Math.max(0, limit)), values, problem };
}
