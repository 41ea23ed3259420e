/**
 * The forecast page's worker: the library as it is in Node, with the engine as WebAssembly. It keeps the table and reads
 * nothing but what it is sent. Long work is ended by ending the worker.
 */
import { parseTable } from '../../../../src/data/tableText.ts';
import { LookbackError } from '../../../../src/errors.ts';
import { anomalies } from '../../../../src/forecasting/anomalies.ts';
import { chooseModels, forecastModels } from '../../../../src/forecasting/catalog.ts';
import { formulas } from '../../../../src/forecasting/classicalModels.ts';
import { type Competition, compete } from '../../../../src/forecasting/competition.ts';
import { report } from '../../../../src/forecasting/forecast.ts';
import {
  type FitContext,
  type ForecastOptions,
  type ForecastProgress,
  frequencyName,
  neuralModel,
  type Row,
  readFrame,
} from '../../../../src/forecasting/index.ts';
import { neuralRecipe } from '../../../../src/forecasting/neuralRecipe.ts';
import { describeColumns } from './guess.ts';
import { mostRows } from './limits.ts';
import type { Answers, Asked, FromWorker, ModelFacts, Progress, Request, TableFacts, ToWorker } from './protocol.ts';
import { studyOf } from './study.ts';

/** Rows shown from each end of the table. */
const shownRows = 4;

/** Milliseconds between two words on the fitting of a model, at the least. */
const tellEvery = 100;

let table: { name: string; rows: readonly Row[] } = { name: '', rows: [] };

const tell = (message: FromWorker): void => self.postMessage(message);

self.onmessage = ({ data: { number, request } }: MessageEvent<ToWorker>) => {
  answer(request, number)
    .then((made) => tell({ kind: 'answer', number, answer: made }))
    .catch((error: unknown) => {
      const code = error instanceof LookbackError ? error.code : 'INTERNAL';
      tell({ kind: 'failed', number, code, message: (error as Error).message ?? String(error) });
    });
};

async function answer(request: Request, number: number): Promise<Answers[keyof Answers]> {
  switch (request.kind) {
    case 'read': {
      const { name, source, decimal } = request;
      const rows =
        source instanceof Blob
          ? parseTable(new Uint8Array(await source.arrayBuffer()), name, { most: mostRows, decimal })
          : source;
      table = { name, rows };
      return { table: factsOf(name, rows), models };
    }
    case 'look': {
      const frame = readFrame(table.rows, withoutHolidays(request.asked), table.name);
      const { series, frequency, notes } = frame;
      const seen = series.map(({ name, values, times }) => ({ name, values, times }));
      const period = Math.min(...series.map((one) => one.period));
      const histories = series.map(({ values }) => values);
      const { horizon } = request.asked;
      const lookback = lookbackOf(histories, { horizon, period, seed: 1 });
      const ends = series.flatMap(({ times }, which) => [times[0], ...frame.future(which, horizon)]);
      return { series: seen, frequency: frequencyName(frequency), period, notes, lookback, years: yearsOf(ends) };
    }
    case 'forecast': {
      const competition = await held(request.asked, number);
      const result = report(competition);
      return { result, study: await studyOf(competition, result.best) };
    }
    case 'study':
      return studyOf(await held(request.asked, number), request.model);
    case 'anomalies': {
      const { horizon, models, backtest, level, interval, lookback, ...columns } = request.asked;
      return anomalies(table.rows, { ...columns, quantile: request.quantile });
    }
    default:
      return request satisfies never;
  }
}

/** What was asked last, and what it came to: whoever looks closer at a model needs no second competition. */
let last: { asked: string; competition: Competition } | undefined;

/** What `forecast` reports, whole. */
async function held(asked: Asked, number: number): Promise<Competition> {
  const key = JSON.stringify(asked);
  if (last?.asked !== key) {
    const send = (progress: Progress) => tell({ kind: 'progress', number, progress });
    const onModel: ForecastOptions['onModel'] = (row, done, all) => send({ kind: 'judged', row, done, all });
    let told = Number.NEGATIVE_INFINITY;
    const onProgress = (at: ForecastProgress) => {
      const now = performance.now();
      if (now - told < tellEvery) return;
      told = now;
      send({ kind: 'fitting', at });
    };
    last = { asked: key, competition: await compete(table.rows, { ...asked, onModel, onProgress }) };
  }
  return last.competition;
}

const classical = chooseModels(['auto'], { ahead: false });
const models = forecastModels.map((model): ModelFacts => {
  const { name, description } = model;
  if (formulas.includes(model)) return { name, description, group: 'formula' };
  if (classical.includes(model)) return { name, description, group: 'classical' };
  return { name, description, group: neuralModel(name) ? 'network' : 'linear' };
});

/** Columns that only a model sees say nothing of how the series read. */
const withoutHolidays = ({ calendar, ...asked }: Asked): Asked =>
  typeof calendar === 'object' ? asked : { ...asked, calendar };

function yearsOf(times: readonly string[]): [number, number] | undefined {
  const years = times.map((time) => Number(/^(\d{4})-/.exec(time)?.[1] ?? Number.NaN));
  return years.every(Number.isFinite) ? [Math.min(...years), Math.max(...years)] : undefined;
}

function lookbackOf(histories: readonly Float64Array[], context: FitContext): number | undefined {
  try {
    return neuralRecipe('lstm', histories, context).window.lookback;
  } catch (error) {
    if (error instanceof LookbackError) return undefined;
    throw error;
  }
}

function factsOf(name: string, rows: readonly Row[]): TableFacts {
  const columns = describeColumns(rows);
  const texts = (part: readonly Row[]) => part.map((row) => columns.map((column) => shown(row[column.name])));
  const head = texts(rows.slice(0, shownRows));
  const tail = texts(rows.slice(Math.max(shownRows, rows.length - shownRows)));
  return { name, rows: rows.length, columns, head, tail };
}

function shown(value: unknown): string {
  if (value === null || value === undefined) return '';
  const text = value instanceof Date ? value.toISOString().replace('.000Z', 'Z') : String(value);
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
}
