/**
 * What the studio and its server say to each other: types only, the one file both import.
 *
 *   GET  api/runs                        RunList
 *   GET  api/runs/:name                  RunDetail
 *   GET  api/runs/:name/metrics          MetricCurves        ?names=a,b  &points=1000  &from=STEP  &to=STEP
 *   POST api/metrics                     { runs: string[] } -> RunMetrics
 *   POST api/curves                      CurvesRequest -> the bytes of `curves.ts`
 *   GET  api/runs/:name/samples          TextSample[]
 *   GET  api/runs/:name/forecast         ForecastHistory, null for a run that forecasts nothing
 *   POST api/runs                        StartRun -> StartedRun
 *   POST api/runs/:name/stop, /resume    {}
 *   POST api/runs/:name/labels           RunLabels -> {}     what is left out stays
 *   GET  api/runs/:name/report           one self-contained HTML page, as a download
 *   GET  api/data/:name                  DataText            of a registered set that is on this machine
 *   GET  api/holidays/:place?from&to     PublicHolidays      of whole years
 *   GET  api/tokenizers                  TokenizerNames      whose vocabularies are on this machine
 *   GET  api/tokenizers/:name            what `tokenizerFromJSON` reads
 *   GET  api/events                      server-sent events, see {@link StudioEvents}
 *
 * Numbers that are not finite travel as null. A request that fails is answered with an {@link ApiError}, never a stack.
 */

/** `damaged`: the folder's record cannot be read; `problem` says why. */
export type RowStatus = 'running' | 'finished' | 'stopped' | 'interrupted' | 'failed' | 'damaged';

export type RecipeValue = string | number | boolean | null;

/** A run as the table shows it. */
export interface RunRow {
  name: string;
  status: RowStatus;
  /** `forecast`, `language`, … ; '' where the recipe does not say. */
  task: string;
  /** The model's kind: `lstm`, `gpt`, … ; '' where the recipe does not say. */
  kind: string;
  /** ISO times; '' and null where unknown. */
  started: string;
  ended: string | null;
  /** The last step logged, 0 before the first. */
  steps: number;
  /** The steps the recipe asks for; null where it does not say. */
  totalSteps: number | null;
  /** The run's summary: at the end, and meanwhile the last value of each metric logged as a number. */
  summary: Record<string, number | string | null>;
  /** The recipe with dotted keys: `model.hidden`. Lists are JSON text. */
  recipe: Record<string, RecipeValue>;
  tags?: string[];
  archived?: boolean;
  /** What is damaged: the record, or the metrics. */
  problem?: string;
}

export interface RunList {
  runs: RunRow[];
  /** The runs folder, as the server was told it. */
  root: string;
}

export interface RunDetail {
  row: RunRow;
  /** The resolved recipe as YAML. */
  recipeText: string;
  /** What was noted about it, '' without. */
  notes: string;
  /** Names of the numeric metrics, in the order first logged. */
  metrics: string[];
  /** Lines to draw into the curves of the loss: `n-gram order 3`, `ln V`, in nats per token. */
  floors: { name: string; value: number }[];
  checkpoints: { kind: string; step: number }[];
  /** Steps of which a snapshot of the weights was kept, ascending. */
  snapshots: number[];
  /** Whether the server can go on with it: it stopped, failed or was interrupted, and its recipe is Lookback's own. */
  resumable: boolean;
  /** Whether the server can stop it: it goes on, and the server started it. */
  stoppable: boolean;
}

/** Columns of one length. Each point stands for the rows of one bucket of steps; its step and time are the last row's. */
export interface MetricCurve {
  step: number[];
  /** Seconds since 1970. */
  time: number[];
  last: (number | null)[];
  min: (number | null)[];
  max: (number | null)[];
}

export type MetricCurves = Record<string, MetricCurve>;

/** The curves of many runs at once. A run or a metric that there is not is left out of the answer. */
export interface CurvesRequest {
  /** `from` and `to`: steps, both included. */
  runs: { name: string; from?: number; to?: number }[];
  metrics: string[];
  /** At most this many buckets a curve. */
  points?: number;
}

/** By run: names of its metrics and its floors, as in {@link RunDetail}. A run that cannot be read is left out. */
export type RunMetrics = Record<string, Pick<RunDetail, 'metrics' | 'floors'>>;

/** What people say about a run. */
export interface RunLabels {
  tags?: string[];
  notes?: string;
  archived?: boolean;
}

export interface TextSample {
  step: number;
  text: string;
}

export interface ForecastHistory {
  /** The series' name. */
  name: string;
  /** What came before the test part, and the test part itself. */
  history: (number | null)[];
  truth: (number | null)[];
  /** Labels of history and truth together, where the data has them. */
  times?: string[];
  /** The test part as forecast at each evaluation: the curve that bends towards the truth. */
  steps: { step: number; forecast: (number | null)[] }[];
  scores: ForecastScore[];
}

/** One method's errors on the test part. */
export interface ForecastScore {
  name: string;
  description: string;
  /** Whether it is the trained model, not a baseline. */
  trained: boolean;
  mape: number | null;
  rmse: number | null;
  mase: number | null;
  forecast: (number | null)[];
}

/** What a page needs to train on a registered set itself. */
export interface DataText {
  text: string;
}

/** Of a country or state, as `2024-12-25`. */
export interface PublicHolidays {
  dates: string[];
}

/** Tokenizers whose vocabularies are on the server's machine. */
export interface TokenizerNames {
  names: string[];
}

export interface StartRun {
  /** A recipe as YAML. */
  recipe: string;
}

export interface StartedRun {
  name: string;
}

/** A row of a run being written, without texts. It may repeat what was loaded: a curve goes on from its last step. */
export interface LiveRow {
  step: number;
  time: number;
  values: Record<string, number | null>;
}

/**
 * Server-sent events by name; each has an `id:`, its cursor. A client that comes back with the last one (the browser's
 * `Last-Event-ID`, or `?cursor=`) gets what it missed, or `reset` where the server cannot know: load everything anew.
 * The first event on a fresh connection is `hello`. Connect first and load on `hello`, so that nothing falls in between.
 */
export interface StudioEvents {
  /** The connection stands; `cursor` is where it starts. */
  hello: { cursor: string };
  /** The cursor is of another server or too old. */
  reset: { cursor: string };
  /** Rows that changed or appeared, names that went. */
  runs: { changed: RunRow[]; removed: string[] };
  /** New rows of one run. `restart`: the metrics were rewritten or resumed earlier; forget its curves and load them. */
  metrics: { name: string; rows: LiveRow[]; restart?: true };
}

export interface ApiError {
  /** A code of `src/errors.ts`, or FORBIDDEN, NOT_FOUND, INTERNAL. */
  code: string;
  message: string;
}
