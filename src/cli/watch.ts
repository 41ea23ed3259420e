/** Shows a run while it goes on: the line of progress, evaluations, samples. */
import { type CurvePoint, predictCrossing } from '../tasks/crossing.ts';
import { LanguageTask } from '../tasks/language.ts';
import type { AnyTask, RunObserver } from '../tasks/run.node.ts';
import { CharacterTokenizer, type NgramFloor } from '../text/index.ts';
import type { Run } from '../track/node.ts';
import { formatCount, formatDuration, formatNumber } from './terminal/format.ts';
import { Progress, type ProgressMode } from './terminal/progress.ts';
import { colours, type Terminal } from './terminal/terminal.ts';

/** The observer to give to a run, and what it has seen for the report. */
export interface Watch {
  observer: RunObserver;
  /** Validation (else training) loss over seconds of training. */
  curve: CurvePoint[];
  /** The same after the learning rate has warmed up: what predictions go by. */
  settled: CurvePoint[];
  finish(): void;
}

/** @param samples whether to show what the model writes at each evaluation */
export function watch(terminal: Terminal, mode: ProgressMode, { samples = false }: { samples?: boolean } = {}): Watch {
  const ink = colours(terminal.colour);
  const curve: CurvePoint[] = [];
  const settled: CurvePoint[] = [];
  let progress: Progress | undefined;
  let task: AnyTask | undefined;
  let floor: NgramFloor | undefined;
  let begin = 0;
  let unitsPerStep = 1;
  let latest: Record<string, number> = {};

  const observer: RunObserver = {
    started(run, started, floors) {
      task = started;
      floor = floors.reduce<NgramFloor | undefined>(
        (best, one) => (best && best.nats <= one.nats ? best : one),
        undefined,
      );
      const { recipe } = started;
      const inTokens = recipe.task === 'language';
      unitsPerStep = inTokens ? recipe.train.batch * recipe.train.accumulate * recipe.context : 1;
      progress = new Progress({ mode, terminal, unit: inTokens ? 'tokens' : 'steps' });
      begin = performance.now();
      progress.note(introduction(run, started, floors));
    },
    step(step, values) {
      progress?.update({
        step,
        total: task?.recipe.train.steps ?? step,
        done: step * unitsPerStep,
        values: { loss: values.loss, ...latest },
      });
    },
    evaluation(step, { metrics }) {
      const loss = metrics.validationLoss ?? metrics.trainLoss;
      const seconds = (performance.now() - begin) / 1000;
      curve.push({ seconds, loss });
      if (step > 0 && step >= (task?.recipe.train.learningRate.warmup ?? 0)) settled.push({ seconds, loss });
      latest = metrics.validationLoss === undefined ? {} : { validation: metrics.validationLoss };
      if (mode === 'json') {
        terminal.write(`${JSON.stringify({ event: 'evaluation', step, ...metrics })}\n`);
      } else if (floor && step > 0) {
        const bits = task instanceof LanguageTask && unitOf(task) === 'token' ? bitsShown(metrics.bitsPerByte) : '';
        const shown = `step ${step}  validation ${formatNumber(loss)}${bits}, ${distance(loss, settled, floor)}`;
        progress?.note(ink.dim(shown));
      }
    },
    sample(step, text) {
      if (samples && step > 0) progress?.note(`  ${ink.cyan(oneLine(text, terminal.width - 4))}`);
    },
  };
  return { observer, curve, settled, finish: () => progress?.finish() };
}

function introduction(run: Run, task: AnyTask, floors: readonly NgramFloor[]): string {
  const { recipe } = task;
  const parameters = formatCount(task.model.parameterCount());
  const said = [`run ${run.name}  ${recipe.model.kind} with ${parameters} parameters on ${run.record.backend}`];
  for (const { smoothing, order, nats, tokens } of floors) {
    const where = tokens ? `the first ${formatCount(tokens)} tokens of the same split` : 'the same split';
    const bits = task instanceof LanguageTask && unitOf(task) === 'token' ? bitsShown(task.bitsPerByte(nats)) : '';
    const unit = task instanceof LanguageTask ? unitOf(task) : 'token';
    said.push(
      `floor ${nats.toFixed(3)} nats/${unit}${bits}: ${smoothingNames[smoothing]} ${order}-gram, counted on ${where}`,
    );
  }
  return said.join('\n');
}

/** What the tokens of a task are. */
export function unitOf({ tokenizer }: LanguageTask): 'character' | 'token' {
  return tokenizer instanceof CharacterTokenizer ? 'character' : 'token';
}

function bitsShown(bits: number): string {
  return ` (${bits.toFixed(3)} bits per byte)`;
}

/** As people write them. */
export const smoothingNames = {
  'witten-bell': 'Witten-Bell',
  'kneser-ney': 'modified Kneser-Ney',
} as const satisfies Record<NgramFloor['smoothing'], string>;

/** How far a loss is from the floor, and when the curve should meet it. */
export function distance(loss: number, curve: readonly CurvePoint[], floor: NgramFloor): string {
  const crossing = predictCrossing(curve, floor.nats);
  const side = loss > floor.nats ? 'above' : 'below';
  const gap = `${formatNumber(Math.abs(loss - floor.nats), 3)} ${side} the ${floor.order}-gram floor`;
  switch (crossing.kind) {
    case 'crossed':
      return `${gap}, crossed after ${formatDuration(crossing.seconds)}`;
    case 'predicted':
      return `${gap}; at this slope they cross after about ${formatDuration(crossing.seconds)}`;
    case 'never':
      return curve.length < 2 ? gap : `${gap}; no crossing in sight`;
    default:
      return crossing satisfies never;
  }
}

function oneLine(text: string, width: number): string {
  const flat = text.replace(/\s+/g, ' ').trim();
  return flat.length > width ? `${flat.slice(0, width - 1)}…` : flat;
}
