/** What `lookback size` prints for people. Numbers come from `sizing`; nothing is worked out here but how they read. */
import {
  attentionName,
  cacheBytesPerToken,
  type checkSlide,
  countParameters,
  type Estimate,
  estimated,
  type Gpu,
  headingOf,
  models,
  type PowerForecast,
  powerLines,
  showNumber,
  slideVerdicts,
  type TrainingData,
  workingOf,
} from '../sizing/index.ts';
import { table } from './terminal/table.ts';
import { colours, type Terminal } from './terminal/terminal.ts';

type Screen = Pick<Terminal, 'colour'>;
type Line = [label: string, text: string];

/** One model: parameters, weights, cache, serving, training. */
export function sizeReport(result: Estimate, { colour }: Screen): string {
  const ink = colours(colour);
  const { name, shape } = result;
  const sections = [
    `${shape ? `${ink.bold(name)}  ` : ''}${headingOf(result)}\n${ink.dim(estimated)}\n`,
    ...workingOf(result).map(({ part, title, lines }) =>
      part === 'parameters'
        ? `${ink.bold(title)}\n${table({
            columns: ['', ''],
            rows: lines.map(({ label, text }) => [`  ${label}`, text]),
            colour,
          }).replace(/^.*\n/, '')}`
        : section(
            title,
            lines.map(({ label, text, chosen }): Line => [chosen ? `${label} ←` : label, text]),
            colour,
          ),
    ),
  ];
  if (shape?.note) sections[0] += `${ink.dim(shape.note)}\n`;
  if (!result.training.cost) sections.push(ink.dim('Add --tokens, e.g. --tokens 15T, for what training costs.\n'));
  if (!shape) sections.push(ink.dim('A bare count has no shape: no cache, no activations.\n'));
  return sections.join('\n');
}

/** Every built-in model in one table, and the same as data. */
export function listReport({ colour }: Screen) {
  const entries = models.map((shape) => {
    const { total, active } = countParameters(shape);
    const cache = cacheBytesPerToken(shape);
    return { name: shape.name, parameters: total, active, attention: attentionName(shape), cacheBytesPerToken: cache };
  });
  const rows = entries.map(({ name, parameters, active, attention, cacheBytesPerToken: cache }) => [
    name,
    showNumber(parameters),
    active < parameters ? showNumber(active) : '',
    attention,
    showNumber(cache),
  ]);
  const columns = ['model', 'parameters', 'active', 'attention', 'KV bytes a token, bf16'];
  return { entries, text: `${table({ columns, rows, colour })}\nOne of them: lookback size llama-3.1-8b\n` };
}

/** The slide checked, tokens by year, and what a power station trains. */
export function factsReport(
  {
    slide,
    trainingData,
    power: { megawatts, days, gpu, ...forecast },
  }: {
    slide: ReturnType<typeof checkSlide>;
    trainingData: readonly TrainingData[];
    power: { megawatts: number; days: number; gpu: Gpu } & PowerForecast;
  },
  { colour }: Screen,
): string {
  const ink = colours(colour);
  const checks = slide.map(({ claim, verdict, working }) => `  ${claim} — ${slideVerdicts[verdict]}\n    ${working}\n`);
  const rows = trainingData.map(({ year, model, count, unit, atLeast, source }) => [
    `  ${year}`,
    model,
    `${atLeast ? '> ' : ''}${showNumber(count / 1e9, count < 1e10 ? 1 : 0)}`,
    unit,
    source,
  ]);
  const years = table({ columns: ['  year', 'model', 'billions', 'of', 'source'], rows, colour });
  return [
    `${ink.bold("The lecture's slide on R1's memory")}\n${checks.join('')}`,
    `${ink.bold('Training text by year')}\n${years}`,
    section(
      `${megawatts} MW for ${days} days (estimate)`,
      powerLines(forecast, gpu).map(({ label, text }): Line => [label, text]),
      colour,
    ),
  ].join('\n');
}

/** A title and lines of `label  text`, labels in one column. */
function section(title: string, lines: readonly Line[], colour: boolean): string {
  const ink = colours(colour);
  const width = Math.max(...lines.map(([label]) => [...label].length));
  return `${ink.bold(title)}\n${lines.map(([label, text]) => `  ${ink.dim(label.padEnd(width))}  ${text}\n`).join('')}`;
}
