/** What `lookback size` prints for people. Numbers come from `sizing`; nothing is worked out here but how they read. */
import {
  attentionName,
  cacheBytesPerToken,
  type checkSlide,
  countParameters,
  type Estimate,
  type Gpu,
  models,
  type PowerForecast,
  precisions,
  pricesAssumedOn,
  type Quantity,
  showBytes,
  showNumber,
  type TrainingData,
} from '../sizing/index.ts';
import { table } from './terminal/table.ts';
import { colours, type Terminal } from './terminal/terminal.ts';

type Screen = Pick<Terminal, 'colour'>;
type Line = [label: string, text: string];

const estimated =
  'Exact: parameters, weights, cache, optimizer state.\n' +
  'Estimates: activations, GPUs (as if split perfectly), hours, energy, prices.';

/** One model: parameters, weights, cache, serving, training. */
export function sizeReport(result: Estimate, { colour }: Screen): string {
  const ink = colours(colour);
  const { name, parameters, active, shape, parts, attention, context, batch, precision, cache } = result;
  const heading = [
    `${showNumber(parameters)} parameters`,
    ...(active < parameters ? [`${showNumber(active)} active`] : []),
    ...(shape ? [`${attention}, ${shape.layers} layers, width ${showNumber(shape.width)}`] : []),
  ];
  const sections = [`${shape ? `${ink.bold(name)}  ` : ''}${heading.join(' · ')}\n${ink.dim(estimated)}\n`];
  if (shape?.note) sections[0] += `${ink.dim(shape.note)}\n`;
  if (parts) {
    const counts = Object.entries(parts)
      .filter(([part, value]) => value > 0 && (part !== 'active' || value < parts.total))
      .map(([part, value]) => [`  ${part}`, showNumber(value)]);
    sections.push(
      `${ink.bold('Parameters')}\n${table({ columns: ['', ''], rows: counts, colour }).replace(/^.*\n/, '')}`,
    );
  }
  const marked = (each: string) => (each === precision ? `${each} ←` : each);
  sections.push(
    section(
      'Weights',
      precisions.map((each): Line => [marked(each), sum(result.weights[each])]),
      colour,
    ),
  );
  if (cache && result.cachePerToken !== null) {
    const sequences = `${batch} × ${showNumber(context)} tokens`;
    sections.push(
      section(
        `KV cache in ${result.cachePrecision}`,
        [
          ['a token', `${showNumber(result.cachePerToken)} B${shape?.sliding ? ' while windows fill' : ''}`],
          [sequences, sum(cache)],
        ],
        colour,
      ),
    );
  }
  sections.push(section(`Serving in ${precision} on ${result.assumptions.gpu.name}`, servingLines(result), colour));
  sections.push(section('Training with AdamW, mixed precision', trainingLines(result), colour));
  if (!shape) sections.push(ink.dim('A bare count has no shape: no cache, no activations.\n'));
  return sections.join('\n');
}

function servingLines({ weights, precision, cache, serving, assumptions }: Estimate): Line[] {
  const { dollarsPerHour } = assumptions;
  return [
    ...(serving.activations ? [['activations', sum(serving.activations)] satisfies Line] : []),
    ['GPUs', division([weights[precision], cache, serving.activations], serving.bytes, serving.gpus, assumptions)],
    [
      'price',
      `${serving.gpus} × $${showNumber(dollarsPerHour, 2)} = $${showNumber(serving.dollarsPerHour, 2)} an hour` +
        ` = $${showNumber(serving.dollarsPerHour * 720)} for 30 days ${priceNote(assumptions)}`,
    ],
  ];
}

function trainingLines({ training, context, batch, active, assumptions }: Estimate): Line[] {
  const { state, activations, bytes, gpus, cost } = training;
  const { gpu, utilisation, overhead, dollarsPerHour } = assumptions;
  const lines: Line[] = [['state', sum(state)]];
  if (activations) lines.push([`${batch} × ${showNumber(context)} tokens`, sum(activations)]);
  lines.push(['GPUs, at least', division([state, activations], bytes, gpus, assumptions)]);
  if (!cost) return [...lines, ['cost', 'add --tokens, e.g. --tokens 15T']];
  const hours = showNumber(cost.gpuHours);
  lines.push(
    ['compute', `6 × ${showNumber(active)} × ${power(cost.tokens)} = ${power(cost.flops)} FLOP`],
    ['GPU-hours', `${power(cost.flops)} ÷ (${power(gpu.flops)} FLOP/s × ${utilisation}) ÷ 3600 = ${hours}`],
    ['energy', `${hours} h × ${gpu.watts} W × ${overhead} = ${showNumber(cost.megawattHours, 1)} MWh`],
    [
      'price',
      `${hours} h × $${showNumber(dollarsPerHour, 2)} = $${showNumber(cost.dollars)} ${priceNote(assumptions)}`,
    ],
  );
  if (cost.days !== null) {
    lines.push(['time', `${showNumber(cost.days, 1)} days on ${showNumber(cost.gpuHours / cost.days / 24)} GPUs`]);
  }
  return lines;
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
  const verdicts = { right: 'right', wrong: 'wrong', unlike: 'not R1' } as const;
  const checks = slide.map(({ claim, verdict, working }) => `  ${claim} — ${verdicts[verdict]}\n    ${working}\n`);
  const rows = trainingData.map(({ year, model, count, unit, atLeast, source }) => [
    `  ${year}`,
    model,
    `${atLeast ? '> ' : ''}${showNumber(count / 1e9, count < 1e10 ? 1 : 0)}`,
    unit,
    source,
  ]);
  const years = table({ columns: ['  year', 'model', 'billions', 'of', 'source'], rows, colour });
  const lines: Line[] = [
    ['GPUs', `${showNumber(forecast.gpus)} ${gpu.name}, each with its share of server and cooling`],
    ['energy', `${showNumber(forecast.megawattHours)} MWh`],
    ['compute', `${showNumber(forecast.gpuHours)} GPU-hours = ${power(forecast.flops)} FLOP`],
    ['model', `${power(forecast.parameters)} parameters on ${power(forecast.tokens)} tokens, at 20 tokens a parameter`],
  ];
  return [
    `${ink.bold("The lecture's slide on R1's memory")}\n${checks.join('')}`,
    `${ink.bold('Training text by year')}\n${years}`,
    section(`${megawatts} MW for ${days} days (estimate)`, lines, colour),
  ].join('\n');
}

/** A title and lines of `label  text`, labels in one column. */
function section(title: string, lines: readonly Line[], colour: boolean): string {
  const ink = colours(colour);
  const width = Math.max(...lines.map(([label]) => [...label].length));
  return `${ink.bold(title)}\n${lines.map(([label, text]) => `  ${ink.dim(label.padEnd(width))}  ${text}\n`).join('')}`;
}

/** `671,026,419,200 × 2 B = 1,342.05 GB = 1,249.9 GiB` */
function sum({ bytes, working }: Quantity): string {
  return `${working} = ${showBytes(bytes)}`;
}

/** `(1,342.05 + 2.30) GB ÷ (80 GB × 0.9) = 18.7 → 19` */
function division(
  parts: readonly (Quantity | null)[],
  bytes: number,
  gpus: number,
  { gpu, usable }: Estimate['assumptions'],
): string {
  const terms = parts.flatMap((part) => (part ? [gigabytes(part.bytes)] : []));
  const whole = terms.length > 1 ? `(${terms.join(' + ')}) GB = ${showBytes(bytes)}` : showBytes(bytes);
  const exact = showNumber(bytes / (gpu.memoryGB * 1e9 * usable), 2);
  return `${whole}; ÷ (${gpu.memoryGB} GB × ${usable}) = ${exact} → ${showNumber(gpus)}`;
}

function gigabytes(bytes: number): string {
  return showNumber(bytes / 1e9, 2);
}

/** `3.33e24` */
function power(value: number): string {
  return value.toExponential(2).replace('e+', 'e');
}

function priceNote({ gpu, dollarsPerHour }: Estimate['assumptions']): string {
  return dollarsPerHour === gpu.dollarsPerHour ? `(assumed on ${pricesAssumedOn})` : '(your price)';
}
