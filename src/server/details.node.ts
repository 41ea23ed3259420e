/** What the page of one run shows besides its row: recipe, curves, floors, samples and the forecast. Reads only. */
import { readFileSync } from 'node:fs';
import { LookbackError } from '../errors.ts';
import { log } from '../math.ts';
import { tokenizerFromJSON } from '../text/index.ts';
import { checkpointStep, listSnapshots, Run, readJson, readLines } from '../track/node.ts';
import { type PackedCurve, packCurves } from './curves.ts';
import type { RunsFolder } from './runs.node.ts';
import type {
  CurvesRequest,
  ForecastHistory,
  MetricCurve,
  MetricCurves,
  RunDetail,
  RunMetrics,
  RunRow,
  TextSample,
} from './wire.ts';

/** What of a curve to give. */
export interface CurvesQuery {
  /** Default: every metric. A name that the run has not is left out. */
  names?: readonly string[];
  /** At most this many buckets a metric. */
  points?: number;
  /** Steps, both included. */
  from?: number;
  to?: number;
}

/** Everything but `stoppable`, which the server's jobs know. A damaged run has its row alone. */
export function readDetail(runs: RunsFolder, name: string): Omit<RunDetail, 'stoppable'> {
  const row = runs.row(name);
  const empty = {
    recipeText: '',
    notes: '',
    metrics: [],
    floors: [],
    checkpoints: [],
    snapshots: [],
    resumable: false,
  };
  if (row.status === 'damaged') return { row, ...empty };
  const run = new Run(runs.folder(name));
  const recipePath = runs.file(name, 'recipe.yaml');
  const { names: metrics } = runs.table(name);
  return {
    row: runs.row(name),
    recipeText: recipePath ? readFileSync(recipePath, 'utf8') : '',
    notes: run.record.notes ?? '',
    metrics,
    floors: readFloors(runs, row),
    checkpoints: (['last', 'best'] as const).flatMap((kind) => {
      const step = runs.file(name, 'checkpoints', `${kind}.json`) && checkpointStep(run, kind);
      return typeof step === 'number' ? { kind, step } : [];
    }),
    snapshots: listSnapshots(run).map(({ step }) => step),
    resumable: isResumable(row),
  };
}

export function isResumable({ status, task }: RunRow): boolean {
  return ['stopped', 'interrupted', 'failed'].includes(status) && ['forecast', 'language'].includes(task);
}

export function readCurves(runs: RunsFolder, name: string, { names, points, from, to }: CurvesQuery): MetricCurves {
  const table = runs.table(name);
  const curves: [string, MetricCurve][] = [];
  for (const metric of names ?? table.names) {
    const range = table.range(metric, { points, from, to });
    if (!range) continue;
    const last = shortened(range.last);
    const alone = range.size === 1;
    curves.push([
      metric,
      {
        step: [...range.steps],
        time: [...range.times],
        last,
        min: alone ? last : shortened(range.min),
        max: alone ? last : shortened(range.max),
      },
    ]);
  }
  return Object.fromEntries(curves);
}

/** What the curves of many runs are drawn with; runs that are not there or cannot be read are left out. */
export function readMetrics(runs: RunsFolder, names: readonly string[]): RunMetrics {
  const found = names.flatMap((name) => {
    try {
      const row = runs.row(name);
      if (row.status === 'damaged') return [];
      return [[name, { metrics: runs.table(name).names, floors: readFloors(runs, row) }] as const];
    } catch (error) {
      if (!(error instanceof LookbackError)) throw error;
      return [];
    }
  });
  return Object.fromEntries(found);
}

/** The curves of many runs as the bytes of `curves.ts`. Runs that are not there or cannot be read are left out. */
export function readManyCurves(
  runs: RunsFolder,
  { runs: wanted, metrics, points }: CurvesRequest,
): Uint8Array<ArrayBuffer> {
  const curves: PackedCurve[] = [];
  for (const { name: run, from, to } of wanted) {
    try {
      const table = runs.table(run);
      for (const metric of metrics) {
        const range = table.range(metric, { points, from, to });
        if (range) curves.push({ run, metric, ...range });
      }
    } catch (error) {
      // The row of the run says what is wrong with it.
      if (!(error instanceof LookbackError) || error.code === 'BAD_ARGUMENT') throw error;
    }
  }
  return packCurves(curves);
}

/** What the model wrote at each evaluation, in the order of training. */
export function readSamples(runs: RunsFolder, name: string): TextSample[] {
  const { texts, steps } = runs.table(name);
  return texts.flatMap((sample) => (sample.name === 'sample' ? { step: steps[sample.row], text: sample.text } : []));
}

/** What `src/tasks/story.node.ts` wrote. FILE_INVALID where it is damaged. */
export function readForecast(runs: RunsFolder, name: string): ForecastHistory | null {
  const path = runs.file(name, 'forecast.json');
  if (!path) return null;
  const story = readJson(path) as Partial<Record<keyof ForecastHistory, unknown>> | null;
  if (!story || ![story.history, story.truth, story.scores].every(Array.isArray)) {
    throw new LookbackError('FILE_INVALID', { where: path, expected: 'history, truth and scores' });
  }
  const { history, truth, times, scores } = story as ForecastHistory;
  const linesPath = runs.file(name, 'forecasts.jsonl');
  let steps: ForecastHistory['steps'] = [];
  for (const line of linesPath ? readLines(linesPath) : []) {
    const { step, forecast } = parseForecast(line, linesPath);
    // A run that was resumed does its last steps again.
    while ((steps.at(-1)?.step ?? -1) >= step) steps.pop();
    steps.push({ step, forecast });
  }
  if (steps.length > mostForecasts) steps = thinned(steps);
  return { name: String(story.name ?? ''), history, truth, ...(times ? { times } : {}), steps, scores };
}

/** More forecasts than anyone can watch bend are thinned out evenly, first and last kept. */
const mostForecasts = 400;

function thinned<T>(items: readonly T[]): T[] {
  const stride = (items.length - 1) / (mostForecasts - 1);
  return Array.from({ length: mostForecasts }, (_, i) => items[Math.round(i * stride)]);
}

function parseForecast(line: string, where = 'forecasts.jsonl'): ForecastHistory['steps'][number] {
  try {
    const { step, forecast } = JSON.parse(line);
    if (Number.isFinite(step) && Array.isArray(forecast)) return { step, forecast };
  } catch {
    // Said below.
  }
  throw new LookbackError('FILE_INVALID', { where, expected: 'a step and a forecast in each line' });
}

const smoothings = { 'witten-bell': 'Witten-Bell', 'kneser-ney': 'modified Kneser-Ney' };

/** The n-gram floors of the record, and ln V: the loss of knowing nothing. */
function readFloors(runs: RunsFolder, { name, task, summary }: RunRow): RunDetail['floors'] {
  const floors: RunDetail['floors'] = [];
  for (const [key, value] of Object.entries(summary)) {
    const [, smoothing, order] = /^floor (\S+) (\d+-gram)$/.exec(key) ?? [];
    if (smoothing === undefined || typeof value !== 'number') continue;
    floors.push({ name: `${smoothings[smoothing as keyof typeof smoothings] ?? smoothing} ${order}`, value });
  }
  const tokenizer = task === 'language' ? runs.file(name, 'model', 'tokenizer.json') : undefined;
  if (!tokenizer) return floors;
  try {
    const { vocabularySize } = tokenizerFromJSON(readJson(tokenizer));
    floors.push({ name: `ln V, V = ${vocabularySize}`, value: log(vocabularySize) });
  } catch (error) {
    // A run of another tokenizer has no such line.
    if (!(error instanceof LookbackError)) throw error;
  }
  return floors;
}

/** Float32 values as the shortest decimals that are still theirs to seven digits; null for those not finite. */
function shortened(values: Float32Array): (number | null)[] {
  return Array.from(values, (value) => (Number.isFinite(value) ? Number(value.toPrecision(7)) : null));
}
