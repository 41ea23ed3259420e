/** What the columns of a table seem to be: a proposal that the reader corrects. Pure. */
import { isMissing, looksNumeric, type Row } from '../../../../src/forecasting/cells.ts';
import { parseTime } from '../../../../src/forecasting/instant.ts';
import type { ColumnFacts, Role } from './protocol.ts';

const timeNames = /^(date|datetime|time|timestamp|month|week|day|year|quarter|period|ds)$/i;
const targetNames = /^(y|value|target|sales|units|demand|count|load|price|close|passengers|temp(erature)?|ot|#.*)$/i;
const idNames = /(^|_|\b)(id|name|series|symbol|store|shop|item|product|city|country|location|sensor)$/i;
/** Cells looked at to tell what a column holds, spread over all rows. */
const looked = 400;

const isNumber = (value: unknown) => looksNumeric([{ value }], 'value');

/** A time that could not as well be a number. */
const isDate = (value: unknown) => !isNumber(value) && parseTime(value) !== undefined;

/** What each column holds, and what it is proposed to be. `rows` are not empty; the first one names the columns. */
export function describeColumns(rows: readonly Row[]): ColumnFacts[] {
  const names = Object.keys(rows[0]);
  const spread = Array.from({ length: Math.min(looked, rows.length) }, (_, i) =>
    Math.floor((i * rows.length) / Math.min(looked, rows.length)),
  );
  const facts = names.map((name): Omit<ColumnFacts, 'role'> & { distinct: number } => {
    const values = spread.map((row) => rows[row][name]).filter((value) => !isMissing(value));
    const all = (test: (value: unknown) => boolean) => values.length > 0 && values.every(test);
    const missing = rows.reduce((count, row) => count + Number(isMissing(row[name])), 0);
    const named = timeNames.test(name) && all((value) => parseTime(value) !== undefined);
    const kind = named || all(isDate) ? 'time' : all(isNumber) ? 'number' : 'text';
    return { name, kind, missing, distinct: new Set(values.map(String)).size };
  });
  const times = facts.filter(({ kind }) => kind === 'time');
  const time = (times.find(({ name }) => timeNames.test(name)) ?? times[0])?.name;
  const id = time === undefined ? undefined : tellsApart(rows, time, facts);
  const numbers = facts.filter(({ name, kind, distinct }) => kind === 'number' && name !== id && distinct > 1);
  const target = (numbers.find(({ name }) => targetNames.test(name)) ?? numbers[0])?.name;
  const ahead = target === undefined ? [] : rows.slice(-looked).filter((row) => isMissing(row[target]));
  // Rows without the target that carry another number say what is known ahead.
  const isAhead = (name: string) =>
    ahead.length > 0 && numbers.some((each) => each.name === name) && ahead.every((row) => !isMissing(row[name]));
  const roleOf = (name: string): Role => {
    if (name === time) return 'time';
    if (name === id) return 'series';
    if (name === target) return 'target';
    return isAhead(name) ? 'future' : 'unused';
  };
  return facts.map(({ name, kind, missing }) => ({ name, kind, missing, role: roleOf(name) }));
}

/** Where times stand twice, the column with the fewest values that makes them single. */
function tellsApart(
  rows: readonly Row[],
  time: string,
  facts: readonly { name: string; kind: string; distinct: number }[],
): string | undefined {
  const single = (key: (row: Row) => string) => new Set(rows.map(key)).size === rows.length;
  if (single((row) => String(row[time]))) return undefined;
  return facts
    .filter(({ name, kind }) => name !== time && (kind === 'text' || (kind === 'number' && idNames.test(name))))
    .sort((a, b) => a.distinct - b.distinct)
    .find(({ name }) => single((row) => JSON.stringify([String(row[time]), String(row[name])])))?.name;
}
