/** Whole training steps (forward, backward, Adam or AdamW) of the shapes that peers are measured on. */
import { recurrentFlops } from '../backends/cpu/cost.ts';
import { Forecaster, GPT } from '../models/index.ts';
import type { Module } from '../nn/index.ts';
import { adam, adamw, chain, clipByGlobalNorm, createOptimizer } from '../optim/index.ts';
import { Random } from '../random.ts';
import { meanSquaredError, scope, type Tensor, tensor, valueAndGrad } from '../tensor/index.ts';
import { type Entry, measure, rate } from './measure.ts';

/** A model with a step of training, ready to be called again and again. */
export interface Training {
  step(): void;
  /** Frees the optimizer's blocks. */
  dispose(): void;
}

function training(model: Module, loss: () => Tensor, { decay }: { decay: boolean }): Training {
  const update = decay ? adamw({ rate: 1e-3, beta2: 0.99, decay: 0.1 }) : adam({ rate: 1e-3 });
  const optimizer = createOptimizer(decay ? chain(clipByGlobalNorm(1), update) : update, model);
  return {
    step: () =>
      scope(() => {
        const { value } = valueAndGrad(model, loss);
        optimizer.step();
        value.item();
      }),
    dispose: () => optimizer.dispose(),
  };
}

/** L layers of H heads and C channels, contexts of T tokens, B of them in a batch; vocabulary 65. */
export interface GptShape {
  layers: number;
  heads: number;
  width: number;
  context: number;
  batch: number;
}

const vocabulary = 65;

export const gptShapes = {
  'gpt-a': { layers: 4, heads: 4, width: 128, context: 64, batch: 12 },
  'gpt-b': { layers: 6, heads: 6, width: 384, context: 256, batch: 8 },
} as const satisfies Record<string, GptShape>;

/** Forward and backward for one token: 6 for each weight in a product, and the pattern of attention, masked half included. */
export function gptFlopsPerToken({ layers, width, context }: GptShape): number {
  const weights = layers * (12 * width * width + 13 * width) + 2 * width + vocabulary * width;
  return 6 * weights + 12 * layers * width * context;
}

export function gptTraining({ batch, ...shape }: GptShape): Training {
  const random = new Random(1, 'bench');
  const model = new GPT({ vocabulary, ...shape }, { random });
  const ids = () =>
    tensor(
      Int32Array.from({ length: batch * shape.context }, () => random.integer(vocabulary)),
      { shape: [batch, shape.context] },
    );
  const [x, y] = [ids(), ids()];
  return training(model, () => model.loss(x, y, {}), { decay: true });
}

/** I inputs, H hidden, T steps, B windows; one layer and a linear map to one number, squared error. */
export interface RecurrentShape {
  kind: 'rnn' | 'lstm' | 'gru';
  inputs: number;
  hidden: number;
  steps: number;
  batch: number;
}

export const recurrentShapes: readonly RecurrentShape[] = [
  { kind: 'lstm', inputs: 1, hidden: 32, steps: 12, batch: 32 },
  { kind: 'lstm', inputs: 1, hidden: 128, steps: 48, batch: 64 },
  { kind: 'lstm', inputs: 512, hidden: 512, steps: 64, batch: 32 },
  { kind: 'gru', inputs: 1, hidden: 128, steps: 48, batch: 64 },
];

export const recurrentName = ({ kind, inputs, hidden, steps, batch }: RecurrentShape) =>
  `${kind}-${inputs}-${hidden}-${steps}-${batch}`;

export const gatesOf = { rnn: 1, lstm: 4, gru: 3 } as const;

export function recurrentTraining({ kind, inputs, hidden, steps, batch }: RecurrentShape): Training {
  const random = new Random(1, kind);
  const model = new Forecaster({ kind, lookback: steps, horizon: 1, features: inputs, hidden }, { random });
  const x = tensor(random.fillNormal(new Float32Array(batch * steps * inputs)), { shape: [batch, steps, inputs] });
  const y = tensor(random.fillNormal(new Float32Array(batch)), { shape: [batch, 1, 1] });
  return training(model, () => meanSquaredError(model.forward(x, {}), y), { decay: false });
}

/** Runs `fn` with a training and frees what it made. */
export function withTraining<T>(make: () => Training, fn: (training: Training) => T): T {
  return scope(() => {
    const made = make();
    try {
      return fn(made);
    } finally {
      made.dispose();
    }
  });
}

const gptEntries = Object.entries(gptShapes).map(
  ([name, shape]): Entry => ({
    name: `train/${name}`,
    run: ({ limits, options }) => {
      const timing = withTraining(
        () => gptTraining(shape),
        ({ step }) => measure(step, options),
      );
      const limit = limits.flops / gptFlopsPerToken(shape);
      return rate(`train/${name}`, 'tokens/s', shape.batch * shape.context, timing, limit);
    },
  }),
);

const recurrentEntries = recurrentShapes.map(
  (shape): Entry => ({
    name: `train/${recurrentName(shape)}`,
    run: ({ limits, options }) => {
      const { kind, batch, steps, inputs, hidden } = shape;
      const timing = withTraining(
        () => recurrentTraining(shape),
        ({ step }) => measure(step, options),
      );
      const limit = limits.flops / (3 * recurrentFlops(gatesOf[kind], batch, steps, inputs, hidden));
      return rate(`train/${recurrentName(shape)}`, 'steps/s', 1, timing, limit);
    },
  }),
);

export const train: readonly Entry[] = [...gptEntries, ...recurrentEntries];
