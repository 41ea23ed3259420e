/** Whole training steps (forward, backward, AdamW) of the shapes that peers are measured on. */
import {
  adam,
  adamw,
  chain,
  clipByGlobalNorm,
  createOptimizer,
  Forecaster,
  GPT,
  type Module,
  meanSquaredError,
  Random,
  scope,
  type Tensor,
  tensor,
  valueAndGrad,
} from '../src/index.ts';
import { type Figure, measure, rate } from './measure.ts';

function step(model: Module, loss: () => Tensor, { adamOnly = false } = {}): () => void {
  const update = adamOnly ? adam({ rate: 1e-3 }) : adamw({ rate: 1e-3, beta2: 0.99, decay: 0.1 });
  const optimizer = createOptimizer(adamOnly ? update : chain(clipByGlobalNorm(1), update), model);
  return () =>
    scope(() => {
      const { value } = valueAndGrad(model, loss);
      optimizer.step();
      value.item();
    });
}

/** B sequences of T tokens through L layers of H heads and C channels, vocabulary 65. */
function gpt(name: string, layers: number, heads: number, width: number, context: number, batch: number): () => Figure {
  return () => {
    const random = new Random(1, name);
    const model = new GPT({ vocabulary: 65, context, layers, heads, width }, { random });
    const ids = () =>
      tensor(
        Int32Array.from({ length: batch * context }, () => random.integer(65)),
        { shape: [batch, context] },
      );
    const x = ids();
    const y = ids();
    return rate(
      `train/${name}`,
      'tokens/s',
      batch * context,
      measure(
        step(model, () => model.loss(x, y, {})),
        { seconds: 4 },
      ),
    );
  };
}

/** I inputs, H hidden, T steps, B windows; one layer and a linear map to one number, squared error, Adam. */
function recurrent(kind: 'lstm' | 'gru', inputs: number, hidden: number, steps: number, batch: number): () => Figure {
  return () => {
    const random = new Random(1, kind);
    const model = new Forecaster({ kind, lookback: steps, horizon: 1, features: inputs, hidden }, { random });
    const x = tensor(random.fillNormal(new Float32Array(batch * steps * inputs)), { shape: [batch, steps, inputs] });
    const y = tensor(random.fillNormal(new Float32Array(batch)), { shape: [batch, 1, 1] });
    const loss = () => meanSquaredError(model.forward(x, {}), y);
    return rate(
      `train/${kind}-${inputs}-${hidden}-${steps}-${batch}`,
      'steps/s',
      1,
      measure(step(model, loss, { adamOnly: true })),
    );
  };
}

export const train: readonly (() => Figure)[] = [
  gpt('gpt-a', 4, 4, 128, 64, 12),
  gpt('gpt-b', 6, 6, 384, 256, 8),
  recurrent('lstm', 1, 32, 12, 32),
  recurrent('lstm', 1, 128, 48, 64),
  recurrent('lstm', 512, 512, 64, 32),
  recurrent('gru', 1, 128, 48, 64),
];
