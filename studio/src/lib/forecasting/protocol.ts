/** What the forecast page and its worker say to each other. The worker keeps the table; the page what can be drawn. */
import type { DecimalMark } from '../../../../src/data/decimals.ts';
import type { AnomalyResult } from '../../../../src/forecasting/anomalies.ts';
import type {
  Calibration,
  FailedModel,
  Fold,
  ForecastOptions,
  ForecastProgress,
  ForecastResult,
  LeaderboardRow,
  Row,
  SeriesForecast,
} from '../../../../src/forecasting/index.ts';

/** What a column is for. */
export type Role = 'time' | 'target' | 'series' | 'future' | 'past' | 'fixed' | 'published' | 'unused';

export interface ColumnFacts {
  name: string;
  kind: 'time' | 'number' | 'text';
  /** Cells without a value. */
  missing: number;
  /** As guessed. */
  role: Role;
}

export interface TableFacts {
  name: string;
  rows: number;
  columns: ColumnFacts[];
  /** The first and the last rows as texts, a cell a column. */
  head: string[][];
  tail: string[][];
}

/** The options of `forecast` that are plain data; columns in lists. */
export type Asked = Omit<ForecastOptions, 'onModel' | 'onProgress' | 'signal'>;

/** How the table reads with the chosen columns. */
export interface Look {
  series: { name: string; values: Float64Array; times: readonly string[] }[];
  frequency: string;
  period: number;
  notes: readonly string[];
  /** Values that a network would look back on unless told; undefined where the series are too short for one. */
  lookback: number | undefined;
  /** The first year and the last one that the horizon reaches; undefined where steps are integers. */
  years: readonly [number, number] | undefined;
}

export interface ModelFacts {
  name: string;
  description: string;
  /** `classical` are those that `auto` stands for; a `network` can also forecast a distribution, as `NAME:HEAD`. */
  group: 'formula' | 'classical' | 'linear' | 'network';
}

/** One model looked at closely. */
export interface Study {
  model: string;
  folds: readonly Fold[];
  forecast: readonly SeriesForecast[];
  /** The same with narrower and wider intervals, ascending by level. */
  fan: readonly { level: number; forecast: readonly SeriesForecast[] }[];
  calibration: readonly Calibration[];
  /** Of a model that attends: a series, a step of the horizon, a step of the window. */
  alignments?: readonly (readonly Float32Array[])[];
}

/** What the worker is asked; every request has one answer of the same number. */
export type Request =
  /** Once, before all others: a file, or rows where another worker has read them. */
  | { kind: 'read'; name: string; source: Blob | Row[]; decimal?: DecimalMark }
  | { kind: 'look'; asked: Asked }
  | { kind: 'forecast'; asked: Asked }
  | { kind: 'study'; asked: Asked; model: string }
  | { kind: 'anomalies'; asked: Asked; quantile: number };

export interface Answers {
  read: { table: TableFacts; models: ModelFacts[] };
  look: Look;
  forecast: { result: ForecastResult; study: Study };
  study: Study;
  anomalies: AnomalyResult;
}

/** A model that was judged, or where the fitting of one stands. */
export type Progress =
  | { kind: 'judged'; row: LeaderboardRow | FailedModel; done: number; all: number }
  | { kind: 'fitting'; at: ForecastProgress };

export type ToWorker = { number: number; request: Request };
export type FromWorker =
  | { kind: 'progress'; number: number; progress: Progress }
  | { kind: 'answer'; number: number; answer: Answers[keyof Answers] }
  | { kind: 'failed'; number: number; code: string; message: string };
