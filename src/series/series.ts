/**
 * What a time series is here: equally spaced numbers with a name. Several series are a plain list; one global model may
 * learn from all of them. Gaps are not filled: a value that is missing must be filled or cut off by whoever reads it.
 */

/** One series of n equally spaced values. */
export interface Series {
  name: string;
  /** [n], all finite. */
  values: Float64Array;
  /** Time of the first value, as ISO 8601 as precisely as it is known, e.g. `1949-01`. */
  start?: string;
  /** Spacing of the values, e.g. `month`, `day`, `15 minutes`; for labels only. */
  frequency?: string;
  /** Length of a season in values, e.g. 12 for months. */
  period?: number;
  /** [n] labels, where the source gives one for each value. */
  times?: readonly string[];
}
