/**
 * The lines of `metrics.jsonl`: one event a line, `{"step":10,"time":1700000000.5,"loss":2.31}`.
 *
 * JSON has no infinite or undefined numbers, so those are the texts "NaN", "Infinity" and "-Infinity". A resumed run
 * appends a marker `{"resumed":T,"time":…}`: every earlier row with a step beyond T is void from then on.
 * Rows are only read and written here, never averaged or thinned out.
 */

import { LookbackError } from '../errors.ts';

/** A measured number, or a text such as a sample. */
export type MetricValue = number | string;

export interface MetricRow {
  /** Optimizer steps done when this was measured. */
  readonly step: number;
  /** Seconds since 1970. Of the fields here, the only one that differs when a run is repeated. */
  readonly time: number;
  readonly values: Readonly<Record<string, MetricValue>>;
}

/** What a metric may not be called: the fields of every line, and the one key that is no ordinary property. */
export const reservedNames: readonly string[] = ['step', 'time', 'resumed', '__proto__'];

/** Names as JSON texts; a run has few and logs them often. */
const quotedNames = new Map<string, string>();

/** One line for a row. BAD_ARGUMENT for a reserved name, a step that is not finite, or a value of another type. */
export function metricLine({ step, time, values }: MetricRow): string {
  if (!Number.isFinite(step) || !Number.isFinite(time)) {
    throw new LookbackError('BAD_ARGUMENT', {
      where: 'log',
      expected: 'a finite step and time',
      got: `step ${String(step)}, time ${String(time)}`,
    });
  }
  let line = `{"step":${step},"time":${time}`;
  for (const name of Object.keys(values)) line += `,${quoted(name)}:${encoded(name, values[name])}`;
  return `${line}}`;
}

/** The name as a JSON text. BAD_ARGUMENT for a reserved one. */
function quoted(name: string): string {
  let text = quotedNames.get(name);
  if (text === undefined) {
    if (reservedNames.includes(name)) {
      throw new LookbackError('BAD_ARGUMENT', { where: `metric ${name}`, problem: 'the name is reserved' });
    }
    text = JSON.stringify(name);
    if (quotedNames.size < 10_000) quotedNames.set(name, text);
  }
  return text;
}

function encoded(name: string, value: unknown): string {
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : `"${value}"`;
  if (typeof value === 'string') return JSON.stringify(value);
  throw new LookbackError('BAD_ARGUMENT', {
    where: `metric ${JSON.stringify(name)}`,
    expected: 'a number or a text',
    got: value === null ? 'null' : typeof value,
  });
}

/** The line that voids all earlier rows beyond `step`. */
export function resumedLine(step: number, time: number): string {
  return JSON.stringify({ resumed: step, time });
}

/**
 * The rows that count, in the order written.
 *
 * @param lines complete lines; a torn one is the caller's to leave out
 * @throws FILE_INVALID naming the line that is not an event
 */
export function parseMetrics(lines: readonly string[], where = 'metrics.jsonl'): MetricRow[] {
  let rows: MetricRow[] = [];
  for (const [index, line] of lines.entries()) {
    const event = parseEvent(line);
    if (!event) throw new LookbackError('FILE_INVALID', { where: `${where}, line ${index + 1}`, problem: 'no event' });
    const { step, time, resumed, ...rest } = event;
    if (resumed !== undefined) rows = rows.filter((row) => row.step <= resumed);
    else {
      const values: Record<string, MetricValue> = {};
      for (const [name, value] of Object.entries(rest)) values[name] = spelled(value);
      rows.push({ step, time, values });
    }
  }
  return rows;
}

/** The fields of a line as they stand there: a resume marker, or a row whose values may be spelled numbers. */
export type MetricEvent = Record<string, MetricValue> & { step: number; time: number; resumed?: number };

/** Parses one line; undefined for anything that is neither a row nor a resume marker. */
export function parseEvent(line: string): MetricEvent | undefined {
  let event: unknown;
  try {
    event = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof event !== 'object' || event === null) return undefined;
  const fields = event as Record<string, unknown>;
  if ('resumed' in fields) return Number.isFinite(fields.resumed) ? (fields as MetricEvent) : undefined;
  if (!Number.isFinite(fields.step) || !Number.isFinite(fields.time)) return undefined;
  for (const name in fields) {
    const type = typeof fields[name];
    if (type !== 'number' && type !== 'string') return undefined;
  }
  return fields as MetricEvent;
}

/** "NaN", "Infinity" and "-Infinity" as the numbers they stand for; all else as it is. */
export function spelled(value: MetricValue): MetricValue {
  if (typeof value === 'number') return value;
  if (value === 'NaN') return Number.NaN;
  if (value === 'Infinity') return Number.POSITIVE_INFINITY;
  return value === '-Infinity' ? Number.NEGATIVE_INFINITY : value;
}
