/** Reading rows into a frame: groups by name, rows by time, cells by role; and rows that come later into one that is there. */
import { Axis, layOut, readTimes } from './axis.ts';
import {
  counted,
  describe,
  invalid,
  isMissing,
  list,
  type Row,
  readNumber,
  readTime,
  type TableInput,
  toRows,
} from './cells.ts';
import type { Group, Vintages } from './covariates.ts';
import { calendarOptions, Frame } from './frame.ts';
import { frequencyName, parseFrequency, usualPeriod } from './frequency.ts';
import type { HolidayCalendar } from './holidays.ts';
import { endOf } from './instant.ts';
import { type FrameOptions, readSchema, type Schema } from './schema.ts';

/** Rows of one group by step, before they become columns. */
interface Member {
  readonly row: number;
  readonly at: number;
}

/**
 * @param holidays what a name in `calendar.holidays` stands for
 * @throws DATA_INVALID for rows that make no series; BAD_ARGUMENT for columns that are not there
 */
export function readFrame(
  input: TableInput,
  options: FrameOptions = {},
  where = 'rows',
  holidays?: HolidayCalendar,
): Frame {
  const rows = toRows(input, where);
  if (rows.length === 0) throw invalid(where, 'there are no rows', 'Give one row for each time');
  const schema = readSchema(rows, options, where);
  const given = options.frequency === undefined ? undefined : parseFrequency(options.frequency);
  const byName = groupRows(rows, schema);
  let axis: Axis;
  let at: Float64Array;
  let period = options.period;
  if (schema.time === undefined) {
    axis = new Axis({ frequency: { kind: 'integer', step: 1 }, precision: 'integer', counted: true });
    at = new Float64Array(rows.length);
    for (const members of byName.values()) for (const [i, row] of members.entries()) at[row] = i;
    if (given) period ??= usualPeriod(given);
  } else {
    const times = readTimes(rows, schema.time, where, given);
    ({ axis, at } = layOut(times, byName, { frequency: given, timeZone: options.timeZone, where }));
  }
  const notes: string[] = [];
  const groups = [...byName.keys()].sort().map((name) => {
    const members = (byName.get(name) ?? []).map((row): Member => ({ row, at: at[row] }));
    return readGroup(rows, members, name, schema, axis, where, notes);
  });
  const parts = { axis: axis.state, schema, groups, period, calendar: calendarOptions(options.calendar, axis), where };
  return new Frame(parts, notes, holidays);
}

function groupRows(rows: readonly Row[], { id }: Schema): Map<string, number[]> {
  const groups = new Map<string, number[]>();
  rows.forEach((row, i) => {
    const value = id === undefined ? '' : row[id];
    const name = isMissing(value) ? '' : typeof value === 'object' ? describe(value) : String(value);
    const group = groups.get(name);
    if (group) group.push(i);
    else groups.set(name, [i]);
  });
  return groups;
}

function readGroup(
  rows: readonly Row[],
  members: readonly Member[],
  name: string,
  schema: Schema,
  axis: Axis,
  where: string,
  notes: string[],
  before?: Group,
  now?: number,
): Group {
  const title = name === '' ? where : `${where}, series ${name}`;
  const order = [...members].sort((a, b) => a.at - b.at || a.row - b.row);
  if (order.some((member, i) => member !== members[i]))
    notes.push(`${title}: rows were not in order of time and have been sorted`);
  const first = before?.first ?? order[0].at;
  const places = order.map(({ at }) => axis.place(first, at, title));
  if (!schema.asOf && schema.duplicates === 'refuse') refuseDoubled(order, places, axis, title);
  const steps = Math.max(before?.steps ?? 0, places[places.length - 1] + 1);
  const distinct = new Set(places).size + (before?.steps ?? 0);
  if (steps > 20 * distinct + 100) {
    throw invalid(
      title,
      `${steps - distinct} of ${steps} steps of a ${frequencyName(axis.frequency)} are not there`,
      'Say the right frequency, or cut the series',
    );
  }
  const known = schema.asOf === undefined ? undefined : published(rows, order, schema.asOf, axis, where, now);
  // With publications the last one of a time counts.
  const sequence = known
    ? [...order.keys()].sort((a, b) => known[a] - known[b] || order[a].row - order[b].row)
    : [...order.keys()];
  const columnOf = (column: string, old: Float64Array | undefined, booleans: boolean): Float64Array => {
    const cells = sequence.map((k) => {
      const { row } = order[k];
      return [
        places[k],
        readNumber(rows[row][column], () => `${where}, row ${row + 1}, column ${column}`, booleans),
      ] as const;
    });
    return combined(cells, steps, old, known ? 'last' : schema.duplicates);
  };
  const covariates = [...schema.past, ...schema.future];
  return {
    name,
    first,
    steps,
    targets: schema.targets.map((column, i) => columnOf(column, before?.targets[i], false)),
    columns: known ? [] : covariates.map((column, i) => columnOf(column, before?.columns[i], true)),
    vintages: known && readVintages(rows, order, sequence, places, known, covariates, where, before?.vintages),
    fixed: before?.fixed ?? readFixed(rows, order, schema, title),
  };
}

function refuseDoubled(order: readonly Member[], places: readonly number[], axis: Axis, where: string): void {
  const doubled = order.filter((_, i) => i > 0 && places[i] === places[i - 1]);
  if (doubled.length === 0) return;
  const { kind, step } = axis.frequency;
  const hours = kind === 'fixed' && step < 86_400_000 && axis.state.timeZone === undefined;
  throw invalid(
    where,
    `${counted(doubled.length, 'time stands', 'times stand')} twice: ${list(doubled.map(({ at }) => axis.label(at)))}`,
    `Say duplicates: 'mean', 'sum' or 'last' (--duplicates mean), or name the column that tells series apart with id (--id)${hours ? '; for a local clock that repeats an hour, say timeZone (--time-zone)' : ''}`,
  );
}

/** Cells by step, those of one step put together in an order that does not depend on that of the rows. */
function combined(
  cells: readonly (readonly [number, number])[],
  steps: number,
  old: Float64Array | undefined,
  how: Schema['duplicates'],
): Float64Array {
  const out = new Float64Array(steps).fill(Number.NaN);
  if (old) out.set(old);
  const several = new Map<number, number[]>();
  for (const [step, value] of cells) {
    if (Number.isNaN(value)) continue;
    if (how === 'mean' || how === 'sum') {
      const values = several.get(step);
      if (values) values.push(value);
      else several.set(step, [value]);
    } else out[step] = value;
  }
  for (const [step, values] of several) {
    const sum = values.sort((a, b) => a - b).reduce((total, value) => total + value, 0);
    out[step] = how === 'mean' ? sum / values.length : sum;
  }
  return out;
}

/** When what each row says was known: the end of what its time of publication names; without one `now`, where there is. */
function published(
  rows: readonly Row[],
  order: readonly Member[],
  column: string,
  axis: Axis,
  where: string,
  now: number | undefined,
): number[] {
  const integer = axis.state.precision === 'integer';
  return order.map(({ row }) => {
    if (now !== undefined && isMissing(rows[row][column])) return now;
    const here = () => `${where}, row ${row + 1}, column ${column}`;
    const instant = readTime(rows[row][column], here);
    if ((instant.precision === 'integer') !== integer)
      throw invalid(here(), `${describe(rows[row][column])} is not written as the times of the rows are`);
    return endOf(instant);
  });
}

function readVintages(
  rows: readonly Row[],
  order: readonly Member[],
  sequence: readonly number[],
  places: readonly number[],
  known: readonly number[],
  columns: readonly string[],
  where: string,
  before: Vintages | undefined,
): Vintages {
  const cells: { step: number; column: number; known: number; value: number }[] = [];
  for (const [i, step] of before?.step.entries() ?? []) {
    if (before) cells.push({ step, column: before.column[i], known: before.known[i], value: before.value[i] });
  }
  for (const k of sequence) {
    const { row } = order[k];
    columns.forEach((name, column) => {
      const value = readNumber(rows[row][name], () => `${where}, row ${row + 1}, column ${name}`, true);
      if (!Number.isNaN(value)) cells.push({ step: places[k], column, known: known[k], value });
    });
  }
  cells.sort((a, b) => a.known - b.known);
  return {
    step: cells.map(({ step }) => step),
    column: cells.map(({ column }) => column),
    known: cells.map((cell) => cell.known),
    value: cells.map(({ value }) => value),
  };
}

function readFixed(rows: readonly Row[], order: readonly Member[], { fixed }: Schema, where: string): number[] {
  return fixed.flatMap(({ name, words }) => {
    const present = order.map(({ row }) => rows[row][name]).filter((value) => !isMissing(value));
    const distinct = [...new Set(present.map(String))];
    if (distinct.length !== 1) {
      const problem = distinct.length === 0 ? 'it holds no value' : `it is not the same throughout: ${list(distinct)}`;
      throw invalid(`${where}, fixed column ${name}`, problem, 'List columns that change under past or future');
    }
    if (words) return words.map((word) => (word === distinct[0] ? 1 : 0));
    return [readNumber(present[0], () => `${where}, fixed column ${name}`, true)];
  });
}

export interface ExtendOptions {
  /** Read covariates only: rows need no target, and one that stands there is not looked at. */
  ahead?: boolean;
  /** What becomes of rows whose values are known already. */
  known?: 'refuse' | 'skip';
  /** What to call the rows in an error. */
  where?: string;
  /** What a name in `calendar.holidays` stands for. */
  holidays?: HolidayCalendar;
}

/**
 * A frame with rows that came later: new observations of its series, or rows of what is known ahead.
 * @throws DATA_INVALID for rows of other series, times already known, or what `readFrame` refuses
 */
export function extendFrame(
  frame: Frame,
  input: TableInput,
  { ahead = false, known = 'refuse', where = 'new rows', holidays }: ExtendOptions = {},
): Frame {
  const { schema, groups } = frame.parts;
  const rows = toRows(input, where);
  if (rows.length === 0) return frame;
  for (const column of [schema.time, schema.id, ahead ? undefined : schema.asOf]) {
    if (column !== undefined && !rows.some((row) => column in row))
      throw invalid(where, `there is no column ${JSON.stringify(column)}`, 'Give the columns that the first rows had');
  }
  const byName = groupRows(rows, schema);
  const { axis } = frame;
  let at: Float64Array;
  const ends = new Map(groups.map((group) => [group.name, lastTarget(group)]));
  if (schema.time === undefined) {
    at = new Float64Array(rows.length);
    for (const [name, members] of byName) {
      const next = (ends.get(name) ?? -1) + 1;
      for (const [i, row] of members.entries()) at[row] = next + i;
    }
  } else {
    const times = readTimes(rows, schema.time, where, axis.frequency);
    ({ at } = layOut(times, byName, { frequency: axis.frequency, timeZone: axis.state.timeZone, where }));
  }
  const notes: string[] = [];
  const reading: Schema = ahead ? { ...schema, targets: [] } : schema;
  for (const name of byName.keys()) {
    if (!ends.has(name))
      throw invalid(
        where,
        `there is no series ${JSON.stringify(name)}, only ${list([...ends.keys()].map((known) => JSON.stringify(known)))}`,
        'Fit a new forecaster to take it in',
      );
  }
  const later = groups.map((group) => {
    const given = byName.get(group.name)?.map((row): Member => ({ row, at: at[row] })) ?? [];
    const last = ends.get(group.name) ?? -1;
    const own = group.targets.map(lastValue);
    const title = group.name === '' ? where : `${where}, series ${group.name}`;
    const members = given.filter(({ row, at: time }) => {
      const place = axis.place(group.first, time, `${title}, row ${row + 1}`);
      const told = reading.targets.filter((column) => !isMissing(rows[row][column]));
      const old = told.filter((column) => place <= own[schema.targets.indexOf(column)]);
      if (place >= 0 && old.length === 0) return true;
      if (known === 'skip') return place >= 0 && old.length < told.length;
      throw invalid(
        `${title}, row ${row + 1}`,
        `${axis.label(time)} is not after ${axis.label(axis.step(group.first, last))}, the last value known`,
        'Give new rows only',
      );
    });
    if (members.length === 0) return group;
    const read = readGroup(
      rows,
      members,
      group.name,
      reading,
      axis,
      where,
      notes,
      group,
      ahead ? axis.known(axis.step(group.first, last)) : undefined,
    );
    return ahead ? { ...read, targets: group.targets.map((column) => lengthened(column, read.steps)) } : read;
  });
  const period = Math.min(...frame.series.map((one) => one.period));
  return new Frame({ ...frame.parts, groups: later, period }, notes, holidays);
}

const lengthened = (values: Float64Array, steps: number) => {
  const out = new Float64Array(steps).fill(Number.NaN);
  out.set(values);
  return out;
};

/** The last step that any target has a value at. */
const lastTarget = ({ targets }: Group): number => Math.max(...targets.map(lastValue));

function lastValue(values: Float64Array): number {
  for (let step = values.length - 1; step >= 0; step--) if (!Number.isNaN(values[step])) return step;
  return -1;
}
