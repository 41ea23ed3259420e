/** How `lookback runs` shows a run: one line of it, one value of it. What a file says is never sent to a terminal raw. */
import { LookbackError } from '../../errors.ts';
import type { Run } from '../../track/node.ts';
import { formatNumber } from '../terminal/format.ts';

/** The option that every command of the group has. */
export const rootOption = ['--runs <folder>', 'the folder of all runs', 'runs'] as const;

/** Text from a file, fit for a line of a terminal: control characters, which could repaint it, become `?`. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?');
}

/** The record with the status as it is now, which may be `interrupted`. */
export function recordOf(run: Run) {
  return { ...run.record, status: run.status };
}

/** `forecast lstm`, or nothing where the recipe cannot be read. */
export function kindOf(run: Run): string {
  const recipe = recipeOf(run) as { task?: unknown; model?: { kind?: unknown } } | null | undefined;
  return printable([recipe?.task, recipe?.model?.kind].filter((part) => typeof part === 'string').join(' '));
}

/** Undefined where the recipe cannot be read. */
export function recipeOf(run: Run): unknown {
  try {
    return run.recipe();
  } catch (error) {
    if (error instanceof LookbackError) return undefined;
    throw error;
  }
}

export function summaryText(summary: Run['record']['summary']): string {
  return Object.entries(summary)
    .slice(0, 3)
    .map(([key, value]) => `${printable(key)} ${shown(value)}`)
    .join('  ');
}

/** A value of a summary or a recipe in a cell. */
export function shown(value: unknown): string {
  if (value === undefined || value === null) return '—';
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : formatNumber(value);
  return printable(typeof value === 'string' ? value : JSON.stringify(value));
}

/** `2025-03-01 14:05` in the reader's time zone. */
export function localTime(iso: string): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return printable(iso);
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`;
}
