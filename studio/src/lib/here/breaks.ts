/**
 * "Break it": small models that are trained twice, once whole and once with the one thing taken out that is said to make
 * them work. What is drawn and said is what came out, also where taking it out did no harm.
 */
import { Linear, LSTM, Module } from '../../../../src/nn/index.ts';
import { adam, chain, clipByGlobalNorm, createOptimizer } from '../../../../src/optim/index.ts';
import { Random } from '../../../../src/random.ts';
import { airlineCsv } from '../../../../src/series/airline.ts';
import { ForecastTask, type WindowBatch } from '../../../../src/tasks/forecast.ts';
import { LanguageTask, type TokenBatch } from '../../../../src/tasks/language.ts';
import { type ForecastRecipe, type LanguageRecipe, parseRecipe } from '../../../../src/tasks/recipe.ts';
import { type AnyTask, MemorySession, makeTask } from '../../../../src/tasks/session.ts';
import {
  crossEntropy,
  inference,
  linear,
  oneHot,
  scope,
  type Tensor,
  tensor,
  valueAndGrad,
  zeros,
} from '../../../../src/tensor/index.ts';

export type BreakName = 'additive-path' | 'shuffled-time' | 'no-positions' | 'no-mask' | 'sgd';

/** What a training has reached at a step, by the name of the curve. */
export interface BreakPoint {
  step: number;
  values: Record<string, number>;
}

type Report = (point: BreakPoint) => void;

/** Characters of the book that the language models see. */
export const textLength = 60_000;

/** Trains one of the two. `text` is what the language models read. */
export async function runBreak(
  { name, broken, text }: { name: BreakName; broken: boolean; text: string },
  report: Report,
): Promise<void> {
  switch (name) {
    case 'additive-path':
      return recall(!broken, report);
    case 'shuffled-time':
      return forecast(broken, report);
    case 'no-positions':
      return write(gpt(text, broken ? { model: { positions: 'none' } } : {}), report);
    case 'no-mask':
      return write(withoutMask(gpt(text), broken), report, true);
    case 'sgd':
      return write(gpt(text, broken ? { train: sgd } : {}), report);
    default:
      return name satisfies never;
  }
}

const [B, T, symbols, H] = [32, 25, 4, 24];

/** An LSTM's weights, its steps written out, so that cₜ = σ(f) cₜ₋₁ + σ(i) tanh(g) can lose its first term. */
class Rememberer extends Module {
  readonly lstm = new LSTM(symbols, H, { random: new Random(1), forgetBias: 3 });
  readonly head = new Linear(H, symbols, { random: new Random(2) });

  constructor(readonly additive: boolean) {
    super();
  }

  /** x [B, T, symbols] → logits of the first symbol [B, symbols]. */
  forward(x: Tensor): Tensor {
    const [layer] = this.lstm.layers;
    let h = zeros([B, H]);
    let c = zeros([B, H]);
    for (const step of linear(x, layer.inputWeight, layer.inputBias).split(T, 1)) {
      const [i, f, g, o] = step
        .squeeze(1)
        .add(linear(h, layer.recurrentWeight, layer.recurrentBias))
        .split(4, 1);
      const added = i.sigmoid().mul(g.tanh());
      c = this.additive ? f.sigmoid().mul(c).add(added) : added;
      h = o.sigmoid().mul(c.tanh());
    }
    return this.head.forward(h);
  }
}

/** Names the first of 25 random symbols at the end. Every batch is fresh, so each is a test before it is learned from. */
async function recall(additive: boolean, report: Report): Promise<void> {
  const model = new Rememberer(additive);
  const random = new Random(3);
  const optimizer = createOptimizer(chain(clipByGlobalNorm(1), adam({ rate: 5e-3 })), model);
  for (let step = 0; step <= 300; step++) {
    scope(() => {
      const ids = Int32Array.from({ length: B * T }, () => random.integer(symbols));
      const x = oneHot(tensor(ids, { shape: [B, T] }), symbols);
      const answer = tensor(ids.filter((_, i) => i % T === 0));
      let right = 0;
      const { value } = valueAndGrad(model, () => {
        const logits = model.forward(x);
        right = logits.argmax(-1).equal(answer).to('f32').mean().item();
        return crossEntropy(logits, answer);
      });
      if (step % 5 === 0) report({ step, values: { loss: value.item(), recalled: 100 * right } });
      optimizer.step();
    });
    if (step % 10 === 0) await pause();
  }
  optimizer.dispose();
}

/** The months of each window in an order drawn anew each time. */
class ShuffledForecast extends ForecastTask {
  private readonly order = new Random(7, 'shuffled time');

  override loss(batch: WindowBatch, options: object): Tensor {
    const { lookback } = this.recipe.window;
    const inputs = new Float32Array(batch.inputs.length);
    for (let row = 0; row < batch.rows; row++) {
      const from = row * lookback;
      this.order.permutation(lookback).forEach((place, i) => {
        inputs[from + i] = batch.inputs[from + place];
      });
    }
    return super.loss({ ...batch, inputs }, options);
  }
}

/** Airline passengers, a year after two, judged on months it was not trained on. */
async function forecast(shuffled: boolean, report: Report): Promise<void> {
  const recipe = parseRecipe({
    task: 'forecast',
    data: { source: 'airline-passengers', period: 12 },
    window: { lookback: 24, horizon: 12 },
    split: { test: 0, validation: 36 },
    transform: ['log', 'standardize', 'centre'],
    model: { kind: 'lstm', hidden: 32 },
    train: {
      steps: 400,
      learningRate: { peak: 5e-3, warmup: 25, decay: 'cosine' },
      evaluateEvery: 10,
      snapshots: false,
    },
  }) as ForecastRecipe;
  const { task } = makeTask(recipe, new Map([['airline-passengers', airlineCsv()]])) as { task: ForecastTask };
  const chosen = shuffled ? new ShuffledForecast(recipe, [task.prepared[0].series]) : task;
  await train(chosen, (step, { validationLoss, trainLoss }) =>
    report({ step, values: { 'held-out error': validationLoss, 'training error': trainLoss } }),
  );
}

/** Momentum 0.9; of the rates 0.1, 0.3 and 1 the one that reaches the lowest loss here. */
const sgd = { optimizer: 'sgd', momentum: 0.9, learningRate: { peak: 0.3, warmup: 20, decay: 'cosine' } } as const;

/** A GPT of two small layers on the beginning of a book, trained by Adam unless `train` says otherwise. */
function gpt(
  text: string,
  { model = {}, train: settings = {} }: { model?: object; train?: object } = {},
): LanguageTask {
  const recipe = parseRecipe({
    task: 'language',
    data: { source: 'text', validation: 0.1 },
    context: 32,
    model: { kind: 'gpt', layers: 2, heads: 2, width: 48, positions: 'rotary', norm: 'rmsNorm', ...model },
    train: {
      steps: 300,
      batch: 12,
      optimizer: 'adam',
      learningRate: { peak: 5e-3, warmup: 20, decay: 'cosine' },
      evaluateEvery: 20,
      evaluation: { batches: 5 },
      snapshots: false,
      ...settings,
    },
    sample: { length: 0 },
  }) as LanguageRecipe;
  return new LanguageTask(recipe, text.slice(0, textLength));
}

/** The same model with every position open to every other, when `open`. */
function withoutMask(task: LanguageTask, open: boolean): LanguageTask {
  if (!open || !('blocks' in task.model)) return task;
  for (const { attention } of task.model.blocks) Object.assign(attention, { causal: false });
  return task;
}

/** @param looking whether to ask for the next character too, as a model that writes is asked */
async function write(task: LanguageTask, report: Report, looking = false): Promise<void> {
  const rows = looking ? Array.from({ length: 6 }, (_, i) => heldOut(task, i)) : [];
  await train(task, (step, { validationLoss }) => {
    const next = rows.reduce((sum, batch) => sum + lastLoss(task, batch), 0) / rows.length;
    report({ step, values: { 'loss as trained': validationLoss, ...(looking ? { 'next character': next } : {}) } });
  });
}

/** Windows of the held-out part, the same at each evaluation. */
function heldOut({ validation, recipe: { context } }: LanguageTask, i: number): TokenBatch {
  const random = new Random(11, `held out/${i}`);
  const starts = Array.from({ length: 32 }, () => random.integer(validation.length - context));
  const cut = (shift: number) =>
    Int32Array.from(starts.flatMap((start) => [...validation.subarray(start + shift, start + shift + context)]));
  return { inputs: cut(0), targets: cut(1), rows: starts.length, count: starts.length * context };
}

/**
 * Loss of the character after each window, in nats: the last position is the only one that no later one can help,
 * masked or not. This is the prediction a model that writes has to make.
 */
function lastLoss({ model, recipe: { context } }: LanguageTask, { inputs, targets, rows }: TokenBatch): number {
  return scope(() =>
    inference(() => {
      const logits = model.forward(tensor(inputs, { shape: [rows, context] }), {}) as Tensor;
      const last = tensor(targets.filter((_, i) => i % context === context - 1));
      return crossEntropy(logits.slice(1, context - 1, context).squeeze(1), last).item();
    }),
  );
}

async function train(task: AnyTask, evaluated: (step: number, metrics: Record<string, number>) => void): Promise<void> {
  const session = new MemorySession(task);
  try {
    await session.run({ evaluation: (step, { metrics }) => evaluated(step, metrics) });
  } finally {
    session.dispose();
  }
}

const pause = () => new Promise((resolve) => setTimeout(resolve, 0));
