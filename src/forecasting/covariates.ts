/**
 * What stands beside the series of one group of rows, by role, as it was known at an origin: past columns up to it,
 * columns known ahead to the end of the horizon. Where rows say when they were published, a row counts from then on only.
 */
import type { Axis } from './axis.ts';
import { counted, invalid, list } from './cells.ts';
import { fillGaps, gapsOf, type MissingRule } from './gaps.ts';
import type { SeriesCovariates } from './model.ts';

/** Values as they became known, ascending in `known`: of one step and column the last published counts. */
export interface Vintages {
  readonly step: readonly number[];
  readonly column: readonly number[];
  readonly known: readonly number[];
  readonly value: readonly number[];
}

/** Rows of one name on their common steps; NaN where nothing is there. */
export interface Group {
  readonly name: string;
  /** The time of step 0, on the axis. */
  readonly first: number;
  readonly steps: number;
  /** [steps] a target. */
  readonly targets: readonly Float64Array[];
  /** [steps] a column: those known up to an origin, then those known ahead. Empty with vintages. */
  readonly columns: readonly Float64Array[];
  readonly vintages?: Vintages;
  /** The same at all times. */
  readonly fixed: readonly number[];
}

export interface CovariateNames {
  readonly past: readonly string[];
  readonly future: readonly string[];
  readonly fixed: readonly string[];
}

export interface Window {
  /** First step of the history. */
  readonly from: number;
  /** Values of history, n. */
  readonly count: number;
  readonly horizon: number;
  /** Carry on what does not reach the end of the horizon. */
  readonly pad: boolean;
}

/** The columns of a group as known at the end of `window`'s history; `calendar` [count][count + horizon] follows those known ahead. */
export function covariatesOf(
  group: Group,
  axis: Axis,
  { past, future }: Pick<CovariateNames, 'past' | 'future'>,
  { from, count, horizon, pad }: Window,
  missing: MissingRule,
  calendar: readonly Float64Array[],
): SeriesCovariates {
  const last = axis.step(group.first, from + count - 1);
  const columns = group.vintages
    ? asKnown(group.vintages, past.length + future.length, from, count + horizon, axis.known(last))
    : undefined;
  const read = (column: number, length: number, name: string): Float64Array => {
    const values = new Float64Array(length).fill(Number.NaN);
    values.set((columns?.[column] ?? group.columns[column].subarray(from)).subarray(0, length));
    const gaps = gapsOf(values);
    if (gaps.length === 0) return values;
    const label = (step: number) => axis.label(axis.step(group.first, from + step));
    const where = group.name === '' ? `covariate ${name}` : `covariate ${name} of ${group.name}`;
    const known = columns ? ` as known on ${axis.label(last)}` : '';
    if (gaps.length === length) throw invalid(where, `it holds no value up to ${label(length - 1)}${known}`);
    const beyond = gaps.filter((step) => step >= count);
    const tail = beyond.length > 0 && Number.isNaN(values[length - 1]);
    if (!pad && (tail || (beyond.length > 0 && missing === 'refuse'))) {
      throw invalid(
        where,
        `${beyond.length} of the ${horizon} values ahead are missing${known}: ${list(beyond.map(label))}`,
        'Give rows with it for the whole horizon, or list it under past',
      );
    }
    return fillGaps(values, missing === 'interpolate' ? 'interpolate' : 'carry');
  };
  return {
    past: past.map((name, i) => read(i, count, name)),
    future: [...future.map((name, i) => read(past.length + i, count + horizon, name)), ...calendar],
    fixed: group.fixed,
  };
}

/** Columns [columns][length] from step `from` on, of what was published by `known`. */
function asKnown(vintages: Vintages, columns: number, from: number, length: number, known: number): Float64Array[] {
  const out = Array.from({ length: columns }, () => new Float64Array(length).fill(Number.NaN));
  for (let i = 0; i < vintages.known.length && vintages.known[i] <= known; i++) {
    const step = vintages.step[i] - from;
    if (step >= 0 && step < length) out[vintages.column[i]][step] = vintages.value[i];
  }
  return out;
}

/** Refuses gaps inside the history by name; those after it are the horizon's business. */
export function refuseGaps(
  group: Group,
  axis: Axis,
  names: Pick<CovariateNames, 'past' | 'future'>,
  from: number,
  count: number,
  where: string,
): void {
  [...names.past, ...names.future].forEach((name, column) => {
    const gaps = gapsOf(group.columns[column].subarray(from, from + count));
    if (gaps.length === 0) return;
    const labels = gaps.map((step) => axis.label(axis.step(group.first, from + step)));
    throw invalid(
      `${where}, covariate ${name}`,
      `${counted(gaps.length, 'value is', 'values are')} missing: ${list(labels)}`,
      "Say missing: 'interpolate', 'carry' or 'mask' (--missing carry), or fill them yourself",
    );
  });
}
