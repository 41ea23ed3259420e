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

const reserved = ['step', 'time', 'resumed', '__proto__'];

/** One line for a row. BAD_ARGUMENT for a value named `step`, `time` or `resumed`. */
export function metricLine({ step, time, values }: MetricRow): string {
  const fields: [string, MetricValue][] = [];
  for (const [name, value] of Object.entries(values)) {
    if (reserved.includes(name)) {
      throw new LookbackError('BAD_ARGUMENT', { where: `metric ${name}`, problem: 'the name is reserved' });
    }
    fields.push([name, typeof value === 'number' && !Number.isFinite(value) ? String(value) : value]);
  }
  return JSON.stringify({ step, time, ...Object.fromEntries(fields) });
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
    const event = parseLine(line);
    if (!event) throw new LookbackError('FILE_INVALID', { where: `${where}, line ${index + 1}`, problem: 'no event' });
    if ('resumed' in event) rows = rows.filter(({ step }) => step <= event.resumed);
    else rows.push(event);
  }
  return rows;
}

const spelledNumbers: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
};

/** A row, a resume marker, or undefined for anything else. */
function parseLine(line: string): MetricRow | { resumed: number } | undefined {
  let event: unknown;
  try {
    event = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof event !== 'object' || event === null) return undefined;
  const { step, time, resumed, ...rest } = event as Record<string, unknown>;
  if (typeof resumed === 'number') return { resumed };
  if (typeof step !== 'number' || typeof time !== 'number') return undefined;
  const values: Record<string, MetricValue> = {};
  for (const [name, value] of Object.entries(rest)) {
    if (typeof value === 'number') values[name] = value;
    else if (typeof value === 'string')
      values[name] = Object.hasOwn(spelledNumbers, value) ? spelledNumbers[value] : value;
    else return undefined;
  }
  return { step, time, values };
}
