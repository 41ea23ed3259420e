/** What the examples that classify sequences share: the loop that trains, the judge, and a task of memory. */
import * as lookback from '../src/index.ts';
import { Linear, Module, oneHot, Random, type Recurrent, type Tensor, tensor } from '../src/index.ts';

/** x [B, T, C] and the right class of each row, i32 [B]. */
export interface Batch {
  x: Tensor;
  answer: Tensor;
}

/** x [B, T, C] → logits [B, V] */
export interface Classifier extends Module {
  forward(x: Tensor): Tensor;
}

/** A recurrent network whose last state is read by a linear layer. */
export class RecurrentClassifier extends Module {
  readonly head: Linear;

  constructor(
    readonly recurrent: Recurrent,
    classes: number,
  ) {
    super();
    this.head = new Linear(recurrent.hidden, classes, { random: new Random(1) });
  }

  forward(x: Tensor): Tensor {
    return this.head.forward(this.recurrent.forward(x).state[0].hidden);
  }
}

/** An MLP on the mean over time: x [B, T, C] → [B, C] → [B, hidden] → [B, classes]. */
export class OrderBlindClassifier extends Module {
  readonly hidden: Linear;
  readonly head: Linear;

  constructor(inputs: number, hidden: number, classes: number) {
    super();
    this.hidden = new Linear(inputs, hidden, { random: new Random(1), activation: 'relu' });
    this.head = new Linear(hidden, classes, { random: new Random(2) });
  }

  forward(x: Tensor): Tensor {
    return this.head.forward(this.hidden.forward(x.mean(1)));
  }
}

/** Trains with Adam, gradients clipped to a norm of 1, on a fresh batch each step. */
export function fit(model: Classifier, next: () => Batch, { steps, rate }: { steps: number; rate: number }): void {
  const { adam, chain, clipByGlobalNorm, createOptimizer, crossEntropy, scope, valueAndGrad } = lookback;
  const optimizer = createOptimizer(chain(clipByGlobalNorm(1), adam({ rate })), model);
  for (let step = 0; step < steps; step++) {
    scope(() => {
      const { x, answer } = next();
      valueAndGrad(model, () => crossEntropy(model.forward(x), answer));
      optimizer.step();
    });
  }
}

/** The part of 20 fresh batches that is classified rightly. */
export function accuracy(model: Pick<Classifier, 'forward'>, next: () => Batch): number {
  let right = 0;
  for (let batch = 0; batch < 20; batch++) {
    right += lookback.scope(() => {
      const { x, answer } = next();
      return model.forward(x).argmax(-1).equal(answer).to('f32').mean().item();
    });
  }
  return right / 20;
}

/** The task of memory: random symbols, one-hot [B, length, symbols]; the answer is the first of each row. */
export function firstSymbol(B: number, length: number, symbols: number, random: Random): Batch {
  const ids = Int32Array.from({ length: B * length }, () => random.integer(symbols));
  const x = oneHot(tensor(ids, { shape: [B, length] }), symbols);
  return { x, answer: tensor(ids.filter((_, i) => i % length === 0)) };
}
