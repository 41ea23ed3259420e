/**
 * An estimate as lines that can be checked by hand, for the command line and the page: every number beside the sum it
 * came from. Nothing is worked out here but how it reads.
 */
import type { PowerForecast } from './compute.ts';
import type { Estimate } from './estimate.ts';
import { type Gpu, pricesAssumedOn } from './gpus.ts';
import type { SlideCheck } from './lecture.ts';
import type { Quantity } from './memory.ts';
import { precisions, showBytes, showNumber } from './precision.ts';

export interface WorkingLine {
  readonly label: string;
  readonly text: string;
  /** The one of its kind that the rest goes by. */
  readonly chosen?: boolean;
}

export interface WorkingPart {
  readonly part: 'parameters' | 'weights' | 'cache' | 'serving' | 'training';
  readonly title: string;
  readonly lines: readonly WorkingLine[];
}

/** Which numbers are exact and which are not. */
export const estimated =
  'Exact: parameters, weights, cache, optimizer state.\n' +
  'Estimates: activations, GPUs (as if split perfectly), hours, energy, prices.';

/** What is said of a claim of the lecture's slide. */
export const slideVerdicts = {
  right: 'right',
  wrong: 'wrong',
  unlike: 'not R1',
} as const satisfies Record<SlideCheck['verdict'], string>;

/** `8,030,261,248 parameters · GQA, 32 layers, width 4,096` */
export function headingOf({ parameters, active, shape, attention }: Estimate): string {
  return [
    `${showNumber(parameters)} parameters`,
    ...(active < parameters ? [`${showNumber(active)} active`] : []),
    ...(shape ? [`${attention}, ${shape.layers} layers, width ${showNumber(shape.width)}`] : []),
  ].join(' · ');
}

/** The parts that there are: a bare count of parameters has no cache. */
export function workingOf(result: Estimate): WorkingPart[] {
  const { shape, parts, context, batch, precision, cache, cachePerToken, cachePrecision, assumptions } = result;
  const working: WorkingPart[] = [];
  if (parts) {
    const counts = Object.entries(parts)
      .filter(([part, value]) => value > 0 && (part !== 'active' || value < parts.total))
      .map(([label, value]) => ({ label, text: showNumber(value) }));
    working.push({ part: 'parameters', title: 'Parameters', lines: counts });
  }
  working.push({
    part: 'weights',
    title: 'Weights',
    lines: precisions.map((each) => ({ label: each, text: sum(result.weights[each]), chosen: each === precision })),
  });
  if (cache && cachePerToken !== null) {
    const filling = shape?.sliding ? ' while windows fill' : '';
    working.push({
      part: 'cache',
      title: `KV cache in ${cachePrecision}`,
      lines: [
        { label: 'a token', text: `${showNumber(cachePerToken)} B${filling}` },
        { label: `${batch} × ${showNumber(context)} tokens`, text: sum(cache) },
      ],
    });
  }
  working.push(
    { part: 'serving', title: `Serving in ${precision} on ${assumptions.gpu.name}`, lines: servingLines(result) },
    { part: 'training', title: 'Training with AdamW, mixed precision', lines: trainingLines(result) },
  );
  return working;
}

function servingLines({ weights, precision, cache, serving, assumptions }: Estimate): WorkingLine[] {
  const { dollarsPerHour } = assumptions;
  const { activations, bytes, gpus } = serving;
  return [
    ...(activations ? [{ label: 'activations', text: sum(activations) }] : []),
    { label: 'GPUs', text: division([weights[precision], cache, activations], bytes, gpus, assumptions) },
    {
      label: 'price',
      text:
        `${gpus} × $${showNumber(dollarsPerHour, 2)} = $${showNumber(serving.dollarsPerHour, 2)} an hour` +
        ` = $${showNumber(serving.dollarsPerHour * 720)} for 30 days ${priceNote(assumptions)}`,
    },
  ];
}

function trainingLines({ training, context, batch, active, assumptions }: Estimate): WorkingLine[] {
  const { state, activations, bytes, gpus, cost } = training;
  const { gpu, utilisation, overhead, dollarsPerHour } = assumptions;
  const lines: WorkingLine[] = [{ label: 'state', text: sum(state) }];
  if (activations) lines.push({ label: `${batch} × ${showNumber(context)} tokens`, text: sum(activations) });
  lines.push({ label: 'GPUs, at least', text: division([state, activations], bytes, gpus, assumptions) });
  if (!cost) return lines;
  const hours = showNumber(cost.gpuHours);
  lines.push(
    { label: 'compute', text: `6 × ${showNumber(active)} × ${power(cost.tokens)} = ${power(cost.flops)} FLOP` },
    {
      label: 'GPU-hours',
      text: `${power(cost.flops)} ÷ (${power(gpu.flops)} FLOP/s × ${utilisation}) ÷ 3600 = ${hours}`,
    },
    { label: 'energy', text: `${hours} h × ${gpu.watts} W × ${overhead} = ${showNumber(cost.megawattHours, 1)} MWh` },
    {
      label: 'price',
      text: `${hours} h × $${showNumber(dollarsPerHour, 2)} = $${showNumber(cost.dollars)} ${priceNote(assumptions)}`,
    },
  );
  if (cost.days !== null) {
    const count = showNumber(cost.gpuHours / cost.days / 24);
    lines.push({ label: 'time', text: `${showNumber(cost.days, 1)} days on ${count} GPUs` });
  }
  return lines;
}

/** What a power station trains. */
export function powerLines(forecast: PowerForecast, gpu: Pick<Gpu, 'name'>): WorkingLine[] {
  return [
    { label: 'GPUs', text: `${showNumber(forecast.gpus)} ${gpu.name}, each with its share of server and cooling` },
    { label: 'energy', text: `${showNumber(forecast.megawattHours)} MWh` },
    { label: 'compute', text: `${showNumber(forecast.gpuHours)} GPU-hours = ${power(forecast.flops)} FLOP` },
    {
      label: 'model',
      text: `${power(forecast.parameters)} parameters on ${power(forecast.tokens)} tokens, at 20 tokens a parameter`,
    },
  ];
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
  const terms = parts.flatMap((part) => (part ? [showNumber(part.bytes / 1e9, 2)] : []));
  const whole = terms.length > 1 ? `(${terms.join(' + ')}) GB = ${showBytes(bytes)}` : showBytes(bytes);
  const exact = showNumber(bytes / (gpu.memoryGB * 1e9 * usable), 2);
  return `${whole}; ÷ (${gpu.memoryGB} GB × ${usable}) = ${exact} → ${showNumber(gpus)}`;
}

/** `3.33e24` */
function power(value: number): string {
  return value.toExponential(2).replace('e+', 'e');
}

function priceNote({ gpu, dollarsPerHour }: Estimate['assumptions']): string {
  return dollarsPerHour === gpu.dollarsPerHour ? `(assumed on ${pricesAssumedOn})` : '(your price)';
}
