/**
 * The metrics of one run as columns: what `metrics.jsonl` says, laid out so that a chart of any size is drawn from
 * about as many numbers as it has pixels.
 *
 * A row's step and time are kept once (float64); a metric keeps a float32 value a point, so a value is good to seven
 * digits and one beyond 3.4e38 is infinite here. Rows stay in the order written. Thinning keeps the least, the greatest,
 * the last value and the mean of each stretch. Exact numbers are for `parseMetrics`.
 */

import { LookbackError } from '../errors.ts';
import { type MetricEvent, parseEvent, spelled } from './metrics.ts';
import { Pyramid } from './pyramid.ts';

/** A text that was logged, such as a sample. */
export interface MetricText {
  readonly row: number;
  readonly name: string;
  readonly text: string;
}

/** A stretch of a metric, one entry a bucket of consecutive points; `size` is 1 where none had to be joined. */
export interface MetricRange {
  /** Points of the metric in the stretch, before any were joined. */
  readonly count: number;
  /** Points in a bucket; the first and the last one may have fewer. */
  readonly size: number;
  /** Of each bucket's last point. */
  readonly steps: Float64Array;
  /** Seconds since 1970, of each bucket's last point. */
  readonly times: Float64Array;
  /** Without regard to NaN, which appears where a bucket has nothing else. */
  readonly min: Float32Array;
  readonly max: Float32Array;
  readonly last: Float32Array;
  /** Of the finite points: what smoothing starts from. */
  readonly mean: Float32Array;
}

/** The points of one metric. Made and filled by {@link MetricTable}. */
export class MetricColumn {
  readonly name: string;
  #length = 0;
  #values: Float32Array;
  /** The row of each point, or the first one's when point i lies in row first + i, as it does for most metrics. */
  #rows: Uint32Array | number;
  readonly #pyramid = new Pyramid();

  constructor(name: string, values = new Float32Array(), rows: Uint32Array | number = 0) {
    this.name = name;
    this.#values = values;
    this.#rows = rows;
    this.#length = values.length;
  }

  get length(): number {
    return this.#length;
  }

  /** [points]; a view that the next append may leave behind. */
  get values(): Float32Array {
    return this.#values.subarray(0, this.#length);
  }

  /** The rows of all points, or the first one's where they follow one another without a gap. */
  get rows(): Uint32Array | number {
    return typeof this.#rows === 'number' ? this.#rows : this.#rows.subarray(0, this.#length);
  }

  rowOf(point: number): number {
    return typeof this.#rows === 'number' ? this.#rows + point : this.#rows[point];
  }

  append(row: number, value: number): void {
    const at = this.#length++;
    if (at === this.#values.length) this.#values = grown(this.#values, Float32Array);
    this.#values[at] = value;
    if (typeof this.#rows === 'number') {
      if (at === 0) this.#rows = row;
      if (row === this.#rows + at) return;
      const first = this.#rows;
      this.#rows = Uint32Array.from({ length: at }, (_, i) => first + i);
    }
    if (at >= this.#rows.length) this.#rows = grown(this.#rows, Uint32Array);
    this.#rows[at] = row;
  }

  /** Keeps the points whose rows have a new number in `renumbered`; elsewhere it holds -1. */
  renumber(renumbered: Int32Array): void {
    const { length } = this;
    const rows = Uint32Array.from({ length }, (_, i) => this.rowOf(i));
    const values = this.#values;
    this.#length = 0;
    this.#rows = 0;
    this.#values = new Float32Array(values.length);
    for (let i = 0; i < length; i++) if (renumbered[rows[i]] >= 0) this.append(renumbered[rows[i]], values[i]);
    this.#pyramid.clear();
  }

  /** Least, greatest, mean and last of the points from `begin` up to `end`, in a time that grows with its logarithm. */
  extent(begin: number, end: number): { min: number; max: number; mean: number; last: number } {
    return { ...this.#pyramid.extent(this.values, begin, end), last: this.#values[end - 1] };
  }
}

/** All metrics of one run. Feed it lines with {@link MetricTable.append}; a resume marker takes rows away again. */
export class MetricTable {
  #rowCount = 0;
  #steps: Float64Array;
  #times: Float64Array;
  #ascending = true;
  readonly #columns = new Map<string, MetricColumn>();
  /** The columns in the order of a row's fields: the next row nearly always has the same. */
  #order: MetricColumn[] = [];
  #texts: MetricText[] = [];
  #revision = 0;

  constructor({
    steps = new Float64Array(),
    times = new Float64Array(),
    columns = [],
    texts = [],
  }: {
    steps?: Float64Array;
    times?: Float64Array;
    columns?: readonly MetricColumn[];
    texts?: readonly MetricText[];
  } = {}) {
    this.#steps = steps;
    this.#times = times;
    this.#rowCount = steps.length;
    for (let i = 1; i < steps.length && this.#ascending; i++) this.#ascending = steps[i] >= steps[i - 1];
    for (const column of columns) this.#columns.set(column.name, column);
    this.#texts = [...texts];
  }

  get rowCount(): number {
    return this.#rowCount;
  }

  /** Memory it takes, roughly: step and time of a row, value and share of the pyramid of a point. */
  get bytes(): number {
    let points = 0;
    for (const { length } of this.#columns.values()) points += length;
    return 16 * this.#rowCount + 7 * points;
  }

  /** [rows]; a view that the next append may leave behind. Optimizer steps. */
  get steps(): Float64Array {
    return this.#steps.subarray(0, this.#rowCount);
  }

  /** [rows]; a view that the next append may leave behind. Seconds since 1970. */
  get times(): Float64Array {
    return this.#times.subarray(0, this.#rowCount);
  }

  /** Texts logged, in the order written. */
  get texts(): readonly MetricText[] {
    return this.#texts;
  }

  /** Goes up whenever rows were taken away, so that whoever drew them starts anew. */
  get revision(): number {
    return this.#revision;
  }

  /** The names of the metrics that have numbers, in the order they first appeared. */
  get names(): string[] {
    return [...this.#columns.keys()];
  }

  column(name: string): MetricColumn | undefined {
    return this.#columns.get(name);
  }

  /** Takes one complete line of `metrics.jsonl`. FILE_INVALID, with nothing changed, for one that is no event. */
  append(line: string, where = () => 'metrics.jsonl'): void {
    const event = parseEvent(line);
    if (!event) throw new LookbackError('FILE_INVALID', { where: where(), problem: 'no event' });
    if (event.resumed === undefined) this.#appendRow(event);
    else this.#voidBeyond(event.resumed);
  }

  #appendRow(event: MetricEvent): void {
    const row = this.#rowCount++;
    if (row === this.#steps.length) {
      this.#steps = grown(this.#steps, Float64Array);
      this.#times = grown(this.#times, Float64Array);
    }
    this.#steps[row] = event.step;
    this.#times[row] = event.time;
    if (row > 0 && event.step < this.#steps[row - 1]) this.#ascending = false;
    let field = 0;
    for (const name in event) {
      if (name === 'step' || name === 'time' || name === '__proto__') continue;
      const value = spelled(event[name]);
      if (typeof value === 'string') {
        this.#texts.push({ row, name, text: value });
        continue;
      }
      let column: MetricColumn | undefined = this.#order[field];
      if (column?.name !== name) {
        column = this.#columns.get(name);
        if (!column) {
          column = new MetricColumn(name);
          this.#columns.set(name, column);
        }
        this.#order[field] = column;
      }
      column.append(row, value);
      field++;
    }
  }

  /** A resume: rows beyond `step` no longer count. */
  #voidBeyond(step: number): void {
    const renumbered = new Int32Array(this.#rowCount);
    let kept = 0;
    for (let row = 0; row < this.#rowCount; row++) {
      renumbered[row] = this.#steps[row] <= step ? kept : -1;
      if (renumbered[row] < 0) continue;
      this.#steps[kept] = this.#steps[row];
      this.#times[kept++] = this.#times[row];
    }
    if (kept === this.#rowCount) return;
    this.#rowCount = kept;
    this.#revision++;
    this.#order = [];
    for (const [name, column] of this.#columns) {
      column.renumber(renumbered);
      if (column.length === 0) this.#columns.delete(name);
    }
    this.#texts = this.#texts.flatMap((text) =>
      renumbered[text.row] < 0 ? [] : { ...text, row: renumbered[text.row] },
    );
  }

  /**
   * A metric over the steps `from` to `to`, both included, in at most `points` buckets. Buckets begin at multiples of
   * their size, so that a chart that moves does not flicker. Where steps were not logged in ascending order, the
   * stretch goes from the first to the last point inside.
   *
   * @returns undefined for a metric that has no numbers
   * @throws BAD_ARGUMENT for `points` below 2
   */
  range(
    name: string,
    { from = -Infinity, to = Infinity, points = 1000 }: { from?: number; to?: number; points?: number } = {},
  ): MetricRange | undefined {
    if (!(points >= 2)) {
      throw new LookbackError('BAD_ARGUMENT', { where: 'range', expected: 'points of 2 or more', got: String(points) });
    }
    const column = this.#columns.get(name);
    if (!column) return undefined;
    const stepOf = (point: number) => this.#steps[column.rowOf(point)];
    const begin = this.#find(column.length, (point) => stepOf(point) >= from);
    const end = this.#ascending
      ? this.#find(column.length, (point) => stepOf(point) > to)
      : column.length - this.#find(column.length, (back) => stepOf(column.length - 1 - back) <= to);
    const count = Math.max(0, end - begin);
    // One bucket less than asked for, since a grid that starts elsewhere cuts one in two.
    const size = count <= points ? 1 : Math.ceil(count / (Math.floor(points) - 1));
    const firstBucket = Math.floor(begin / size);
    const buckets = count === 0 ? 0 : Math.floor((end - 1) / size) - firstBucket + 1;
    const range = {
      count,
      size,
      steps: new Float64Array(buckets),
      times: new Float64Array(buckets),
      min: new Float32Array(buckets),
      max: new Float32Array(buckets),
      last: new Float32Array(buckets),
      mean: new Float32Array(buckets),
    };
    for (let bucket = 0; bucket < buckets; bucket++) {
      const stop = Math.min(end, (firstBucket + bucket + 1) * size);
      const extent = column.extent(Math.max(begin, (firstBucket + bucket) * size), stop);
      const row = column.rowOf(stop - 1);
      range.steps[bucket] = this.#steps[row];
      range.times[bucket] = this.#times[row];
      range.min[bucket] = extent.min;
      range.max[bucket] = extent.max;
      range.last[bucket] = extent.last;
      range.mean[bucket] = extent.mean;
    }
    return range;
  }

  /** The first index of 0 … length for which `reached` holds: bisection, or one by one where steps go back. */
  #find(length: number, reached: (index: number) => boolean): number {
    if (!this.#ascending) {
      for (let index = 0; index < length; index++) if (reached(index)) return index;
      return length;
    }
    let low = 0;
    let high = length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (reached(middle)) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

/** The same numbers with room for as many again. */
function grown<A extends Float32Array | Float64Array | Uint32Array>(array: A, kind: new (length: number) => A): A {
  const larger = new kind(Math.max(16, array.length * 2));
  larger.set(array);
  return larger;
}
