/** The same forecast elsewhere: as a command line, as a program, and its numbers as files. Pure. */
import type { DecimalMark } from '../../../../src/data/decimals.ts';
import type { ForecastResult, LeaderboardRow, SeriesForecast } from '../../../../src/forecasting/index.ts';
import type { Asked } from './protocol.ts';

/** Options left out where the command line has them as defaults. */
const usual = { level: 0.9, backtest: 3, seed: 1, missing: 'refuse', duplicates: 'refuse' } as const;

const flags: readonly (readonly [keyof Said, string])[] = [
  ['target', 'target'],
  ['horizon', 'horizon'],
  ['models', 'models'],
  ['backtest', 'backtest'],
  ['stride', 'stride'],
  ['gap', 'gap'],
  ['lookback', 'lookback'],
  ['window', 'window'],
  ['refit', 'refit'],
  ['time', 'time'],
  ['id', 'id'],
  ['frequency', 'frequency'],
  ['period', 'period'],
  ['missing', 'missing'],
  ['duplicates', 'duplicates'],
  ['decimal', 'decimal'],
  ['timeZone', 'time-zone'],
  ['past', 'past'],
  ['future', 'future'],
  ['fixed', 'fixed'],
  ['asOf', 'as-of'],
  ['calendar', 'calendar'],
  ['holidays', 'holidays'],
  ['interval', 'interval'],
  ['level', 'level'],
  ['seed', 'seed'],
];

const isUsual = (key: string, value: unknown) => (usual as Record<string, unknown>)[key] === value;
const quoted = (word: string) => (/^[\w@%+=:,./#-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

/** Options as the command line takes them, one level deep. */
type Said = Omit<Asked, 'backtest' | 'calendar'> & {
  backtest?: number;
  stride?: number;
  gap?: number;
  window?: number | 'expanding';
  refit?: number;
  calendar?: boolean;
  holidays?: string | readonly string[];
  decimal?: DecimalMark;
};

function said({ backtest, calendar, ...rest }: Asked): Said {
  const { folds, refit, ...judged } = typeof backtest === 'object' ? backtest : { folds: backtest };
  const { holidays, ...parts } = typeof calendar === 'object' ? calendar : {};
  return {
    ...rest,
    ...judged,
    backtest: folds,
    refit: refit === undefined ? undefined : Number(refit),
    calendar: calendar === true || Object.keys(parts).length > 0 || undefined,
    holidays: typeof holidays === 'object' && 'has' in holidays ? undefined : holidays,
  };
}

/** `lookback forecast …` for a shell. */
export function commandLine(file: string, asked: Asked, decimal?: DecimalMark): string {
  const flat = { ...said(asked), decimal };
  const words = flags.flatMap(([key, flag]) => {
    const value = flat[key];
    if (value === undefined || isUsual(key, value)) return [];
    return value === true ? [`--${flag}`] : [`--${flag}`, quoted([value].flat().join(','))];
  });
  return ['lookback', 'forecast', quoted(file), ...words].join(' ');
}

/** A program that makes the same numbers. */
export function program(file: string, asked: Asked, decimal?: DecimalMark): string {
  const read = `readTable(${literal(file)}${decimal === undefined ? '' : `, { decimal: ${literal(decimal)} }`})`;
  const options = Object.entries(asked).flatMap(([key, value]) => {
    if (value === undefined || isUsual(key, value)) return [];
    const only = Array.isArray(value) && value.length === 1 && key === 'target' ? value[0] : value;
    return [`  ${key}: ${literal(only)},`];
  });
  return [
    "import { forecast } from 'lookback';",
    "import { readTable } from 'lookback/node';",
    '',
    `const { leaderboard, forecast: ahead, verdict } = await forecast(await ${read}, {`,
    ...options,
    '});',
    'console.log(leaderboard, ahead, verdict);',
    '',
  ].join('\n');
}

/** JavaScript with single quotes. */
function literal(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (typeof value === 'object' && value !== null)
    return `{ ${Object.entries(value)
      .map(([key, each]) => `${key}: ${literal(each)}`)
      .join(', ')} }`;
  if (typeof value !== 'string') return JSON.stringify(value);
  return `'${JSON.stringify(value).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
}

const cell = (value: unknown) => {
  const text = value === null || value === undefined ? '' : String(value);
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};
const csv = (rows: readonly (readonly unknown[])[]) => `${rows.map((row) => row.map(cell).join(',')).join('\n')}\n`;

/** As `lookback forecast --csv` prints it. */
export const forecastCsv = (series: readonly SeriesForecast[]): string =>
  csv([
    ['series', 'time', 'forecast', 'lower', 'upper'],
    ...series.flatMap(({ name, times, mean, lower, upper }) =>
      times.map((time, step) => [name, time, mean[step], lower[step], upper[step]]),
    ),
  ]);

export function leaderboardCsv(rows: readonly LeaderboardRow[]): string {
  const keys = ['model', 'mae', 'rmse', 'mape', 'smape', 'mase', 'coverage', 'seconds', 'detail'] as const;
  return csv([keys, ...rows.map((row) => keys.map((key) => row[key]))]);
}

/** The whole result but for the data itself. */
export function resultJson({ series, folds, ...rest }: ForecastResult, asked: Asked): string {
  const origins = [...new Set(folds.map(({ origin }) => origin))];
  const seen = series.map(({ name, values }) => ({ name, values: values.length }));
  return `${JSON.stringify({ asked, ...rest, series: seen, origins }, null, 2)}\n`;
}
