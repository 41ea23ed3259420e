/**
 * A run as one HTML page that needs nothing else: summary, recipe, forecast, curves, scores, samples. It loads nothing
 * from anywhere, runs no script, follows the reader's light or dark theme and can be mailed. Reads only.
 */
import { curvesFigure, forecastFigure } from '../figures/curves.ts';
import { escaped } from '../figures/escaped.ts';
import { readDetail, readForecast, readSamples } from './details.node.ts';
import type { RunsFolder } from './runs.node.ts';
import type { ForecastHistory, RunDetail, RunRow, TextSample } from './wire.ts';

/** Points of a curve: as many as its figure has pixels. */
const points = 640;

/** Samples shown, spread evenly from the first to the last. */
const mostSamples = 12;

/** The page. RUN_NOT_FOUND, and FILE_INVALID for a run that may not be read. */
export async function runReport(runs: RunsFolder, name: string): Promise<string> {
  const detail = readDetail(runs, name);
  const { row } = detail;
  const forecast = readForecastOrNone(runs, row);
  const samples = row.status === 'damaged' ? [] : readSamples(runs, name);
  const title = escaped(name);
  const parts = [
    `<header><h1>${title}</h1><p>${escaped(headline(row))}</p>${tags(row)}</header>`,
    row.problem ? `<p class="problem">${escaped(row.problem)}</p>` : '',
    detail.notes ? section('Notes', `<p class="notes">${escaped(detail.notes)}</p>`) : '',
    forecast ? section(`Forecast of ${forecast.name}`, await forecastPart(forecast)) : '',
    section('Summary', facts(row, detail)),
    section('Curves', await curvesPart(runs, detail)),
    samples.length > 0 ? section('Samples', samplesPart(samples)) : '',
    detail.recipeText ? section('Recipe', `<pre>${escaped(detail.recipeText)}</pre>`) : '',
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="content-security-policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="color-scheme" content="light dark">
<title>${title} · Lookback</title>
<style>${looks}</style>
</head>
<body>
<main>
${parts.filter(Boolean).join('\n')}
</main>
<footer>A run of Lookback, as it stood when this page was written. Baselines need no training.</footer>
</body>
</html>
`;
}

function headline({ status, task, kind, started, steps, totalSteps }: RunRow): string {
  const done = totalSteps === null || totalSteps === steps ? `${steps} steps` : `${steps} of ${totalSteps} steps`;
  return [[task, kind].filter(Boolean).join(' · '), status, done, started.replace('T', ' ').slice(0, 16)]
    .filter(Boolean)
    .join(' — ');
}

function tags({ tags = [] }: RunRow): string {
  return tags.length > 0 ? `<p>${tags.map((tag) => `<span class="tag">${escaped(tag)}</span>`).join(' ')}</p>` : '';
}

/** A forecast that cannot be read is left out: the rest of the page stands. */
function readForecastOrNone(runs: RunsFolder, { name, status }: RunRow): ForecastHistory | null {
  if (status === 'damaged') return null;
  try {
    return readForecast(runs, name);
  } catch {
    return null;
  }
}

function section(title: string, body: string): string {
  return `<section><h2>${escaped(title)}</h2>${body}</section>`;
}

async function forecastPart({ name, history, truth, times, steps, scores }: ForecastHistory): Promise<string> {
  const last = steps.at(-1);
  const ranked = [...scores].sort((a, b) => (a.mape ?? Infinity) - (b.mape ?? Infinity));
  const trained = ranked.find((score) => score.trained);
  const baselines = ranked.filter((score) => !score.trained);
  const shown = [baselines[0], baselines.find((score) => score.name === 'seasonal naive')];
  const model = trained
    ? { name: trained.name, trained: true, values: trained.forecast }
    : last && { name: `step ${last.step}`, trained: true, values: last.forecast };
  const figure = await forecastFigure({
    title: `${name}: the last ${truth.length} values were held out`,
    history,
    truth,
    times,
    forecasts: [
      ...(model ? [model] : []),
      ...[...new Set(shown)].flatMap((score) =>
        score ? [{ name: score.name, trained: false, values: score.forecast }] : [],
      ),
    ],
  });
  const rows = ranked.map((score, i) => [
    `${escaped(score.name)}${i === 0 && score.mape !== null ? ' <b class="tag">best</b>' : ''}`,
    number(score.mape),
    number(score.rmse),
    number(score.mase),
    escaped(score.trained ? `trained: ${score.description}` : score.description),
  ]);
  return figure + table(['method', 'MAPE %', 'RMSE', 'MASE', ''], rows, [1, 2, 3]);
}

function facts(row: RunRow, { checkpoints, floors }: Pick<RunDetail, 'checkpoints' | 'floors'>): string {
  const seconds = row.ended === null ? Number.NaN : (Date.parse(row.ended) - Date.parse(row.started)) / 1000;
  const facts: [string, string][] = [
    ['started', row.started],
    ...(Number.isFinite(seconds) ? [['took', `${number(seconds)} s`] satisfies [string, string]] : []),
    ...Object.entries(row.summary).flatMap(([key, value]): [string, string][] =>
      value === null || key === 'ended' ? [] : [[key, typeof value === 'number' ? number(value) : value]],
    ),
    ...floors.map(({ name, value }): [string, string] => [`floor: ${name}`, number(value)]),
    ...checkpoints.map(({ kind, step }): [string, string] => [`checkpoint ${kind}`, `step ${step}`]),
  ];
  return `<dl>${facts.map(([key, value]) => `<dt>${escaped(key)}</dt><dd>${escaped(value)}</dd>`).join('')}</dl>`;
}

async function curvesPart(
  runs: RunsFolder,
  { row, metrics, floors }: Pick<RunDetail, 'row' | 'metrics' | 'floors'>,
): Promise<string> {
  if (row.status === 'damaged' || metrics.length === 0) return '<p class="muted">Nothing was logged.</p>';
  const parts: string[] = [];
  for (const metric of [...metrics].sort((a, b) => Number(isLoss(b)) - Number(isLoss(a)))) {
    const range = runs.table(row.name).range(metric, { points });
    if (!range) continue;
    const { steps, last, min, max } = range;
    const svg = await curvesFigure({
      title: metric,
      lines: [{ name: row.name, x: steps, y: last, min, max }],
      floors: isLoss(metric) ? floors : [],
      height: 220,
    });
    const stride = Math.max(1, Math.ceil(steps.length / 20));
    const picked = Array.from(steps, (_, i) => i).filter((i) => i % stride === 0 || i === steps.length - 1);
    const rows = picked.map((i) => [number(steps[i]), number(last[i]), number(min[i]), number(max[i])]);
    parts.push(
      `${svg}<details><summary>Data</summary>${table(['step', 'last', 'min', 'max'], rows, [0, 1, 2, 3])}</details>`,
    );
  }
  return parts.join('\n');
}

const isLoss = (metric: string): boolean => /loss$/i.test(metric);

function samplesPart(samples: readonly TextSample[]): string {
  const count = Math.min(mostSamples, samples.length);
  const stride = (samples.length - 1) / Math.max(1, count - 1);
  const shown = Array.from({ length: count }, (_, i) => samples[Math.round(i * stride)]);
  return shown.map(({ step, text }) => `<h3>step ${step}</h3><pre>${escaped(text)}</pre>`).join('');
}

/** @param numbers columns that stand to the right; cells are HTML */
function table(columns: readonly string[], rows: readonly (readonly string[])[], numbers: readonly number[]): string {
  const kind = (i: number) => (numbers.includes(i) ? ' class="number"' : '');
  const head = columns.map((column, i) => `<th${kind(i)}>${escaped(column)}</th>`).join('');
  const body = rows.map((row) => `<tr>${row.map((cell, i) => `<td${kind(i)}>${cell}</td>`).join('')}</tr>`).join('');
  return `<div class="table"><table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`;
}

function number(value: number | null): string {
  if (value === null) return '–';
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(5)));
}

const looks = `
:root{color-scheme:light dark;--page:#f5f6f8;--panel:#fff;--line:#dfe3e8;--text:#1b2129;--muted:#596573;--bad:#b3261e}
@media(prefers-color-scheme:dark){:root{--page:#101317;--panel:#16181b;--line:#2a313a;--text:#e4e8ed;--muted:#98a4b2;--bad:#ff8f86}}
body{margin:0;background:var(--page);color:var(--text);font:13px/1.5 system-ui,sans-serif;font-variant-numeric:tabular-nums}
main{max-width:760px;margin:0 auto;padding:24px 16px}
h1{font-size:20px;margin:0;overflow-wrap:anywhere}h2{font-size:14px;margin:0 0 8px}h3{font-size:12px;margin:8px 0 2px;color:var(--muted)}
header p{margin:4px 0;color:var(--muted)}
section{background:var(--panel);border:1px solid var(--line);border-radius:8px;padding:12px 16px;margin:12px 0}
svg.figure{max-width:100%;height:auto}
.table{overflow-x:auto}table{border-collapse:collapse;font-size:12.5px}
th{text-align:left;color:var(--muted);font-weight:500}th,td{padding:3px 10px 3px 0;border-bottom:1px solid var(--line)}.number{text-align:right}
dl{display:grid;grid-template-columns:max-content 1fr;gap:2px 16px;margin:0}dt{color:var(--muted)}dd{margin:0;overflow-wrap:anywhere}
pre{margin:0;white-space:pre-wrap;overflow-wrap:anywhere;font:12px/1.5 ui-monospace,monospace}.notes{white-space:pre-wrap;margin:0}
summary{color:var(--muted);font-size:12px;cursor:pointer}
.tag{border:1px solid var(--line);border-radius:9px;padding:0 7px;font-size:11.5px}.muted{color:var(--muted)}.problem{color:var(--bad)}
footer{max-width:760px;margin:0 auto;padding:0 16px 32px;color:var(--muted);font-size:12px}
`;
