/**
 * A small LSTM that forecasts the airline months one step ahead, as many tutorials do: 12 months in, the next one out,
 * scaled to 0 … 1 by the training months, trained on the first 96. And the same model on its own for 48 months.
 */
import { Linear, LSTM, Module } from '../../../../src/nn/index.ts';
import { adam, chain, clipByGlobalNorm, createOptimizer } from '../../../../src/optim/index.ts';
import { Random } from '../../../../src/random.ts';
import { makeWindows } from '../../../../src/series/index.ts';
import { inference, meanSquaredError, scope, type Tensor, tensor, valueAndGrad } from '../../../../src/tensor/index.ts';
import { from, months, period } from './airline.ts';
import type { OneStepTrace } from './protocol.ts';

const H = 24;
const L = period;

class OneStep extends Module {
  readonly lstm = new LSTM(1, H, { random: new Random(1, 'lstm') });
  readonly head = new Linear(H, 1, { random: new Random(1, 'head') });

  /** [B, L, 1] -> [B, 1] */
  forward(x: Tensor): Tensor {
    return this.head.forward(this.lstm.forward(x).state[0].hidden);
  }
}

/** Trains for `steps` steps and tells about every `every`th; `pause` lets others have their turn. */
export async function trainOneStep(
  { steps, every }: { steps: number; every: number },
  tell: (trace: OneStepTrace, done: boolean) => void,
  pause: () => Promise<void>,
): Promise<void> {
  const [low, high] = [Math.min(...months.slice(0, from)), Math.max(...months.slice(0, from))];
  const scaled = Float64Array.from(months, (value) => (value - low) / (high - low));
  const back = (value: number) => low + value * (high - low);
  const { inputs, inputShape, targets } = makeWindows([[scaled.subarray(0, from)]], { lookback: L, horizon: 1 });
  const [B] = inputShape;
  const model = new OneStep();
  const optimizer = createOptimizer(chain(clipByGlobalNorm(1), adam({ rate: 5e-3 })), model);
  const last = makeWindows([[scaled.subarray(from - L)]], { lookback: L, horizon: 1 });
  const look = (values: ArrayLike<number>, rows: number) =>
    scope(() =>
      inference(() => [...model.forward(tensor(Float32Array.from(values), { shape: [rows, L, 1] })).dataSync()]),
    );
  const alone = () => {
    const seen = [...scaled.subarray(from - L, from)];
    for (let t = from; t < months.length; t++) seen.push(look(seen.slice(-L), 1)[0]);
    return seen.slice(L).map(back);
  };
  for (let step = 0; step <= steps; step++) {
    const loss = scope(() => {
      const { value } = valueAndGrad(model, () =>
        meanSquaredError(model.forward(tensor(inputs, { shape: inputShape })), tensor(targets, { shape: [B, 1] })),
      );
      if (step > 0) optimizer.step();
      return value.item();
    });
    if (step % every === 0 || step === steps) {
      const ahead = look(last.inputs, last.inputShape[0]).map(back);
      tell({ step, loss, ahead, alone: alone() }, step === steps);
      await pause();
    }
  }
  optimizer.dispose();
}
