/**
 * SGD against Adam on a small Transformer.
 *
 * The same GPT, the same batches of a short text, 150 steps each; every optimizer takes the best of the four learning
 * rates it is given here, so that neither is judged by a bad one. SGD has momentum 0.9 and both clip the gradient's norm
 * to 1. A Transformer's gradients differ in scale from matrix to matrix: Adam divides by that scale, SGD cannot.
 * Lecture: optimizers.
 */
import * as lookback from '../src/index.ts';
import { adam, CharacterTokenizer, GPT, Random, sgd, type Transform, tensor } from '../src/index.ts';
import { type Print, runAlone, table } from './entry.ts';

const [B, T, steps] = [8, 32, 150];
/** Moby Dick, chapter 1. */
const text = `Call me Ishmael. Some years ago - never mind how long precisely - having little or no money in my purse, and
nothing particular to interest me on shore, I thought I would sail about a little and see the watery part of the world.
It is a way I have of driving off the spleen and regulating the circulation. Whenever I find myself growing grim about
the mouth; whenever it is a damp, drizzly November in my soul; whenever I find myself involuntarily pausing before
coffin warehouses, and bringing up the rear of every funeral I meet; then, I account it high time to get to sea.`;
const tokenizer = CharacterTokenizer.fromText(text);
const ids = tokenizer.encode(text);

/** Mean loss of the last ten steps, nats a character. */
function train(transform: Transform): number {
  const vocabulary = tokenizer.vocabularySize;
  const model = new GPT({ vocabulary, context: T, layers: 2, heads: 2, width: 32 }, { random: new Random(1) });
  const optimizer = lookback.createOptimizer(lookback.chain(lookback.clipByGlobalNorm(1), transform), model);
  const random = new Random(2);
  const losses = Array.from({ length: steps }, () =>
    lookback.scope(() => {
      const starts = Array.from({ length: B }, () => random.integer(ids.length - T));
      const rows = (shift: number) =>
        tensor(starts.map((start) => [...ids.slice(start + shift, start + shift + T)]), { dtype: 'i32' });
      const { value } = lookback.valueAndGrad(model, () => model.loss(rows(0), rows(1)));
      optimizer.step();
      return value.item();
    }),
  );
  return losses.slice(-10).reduce((sum, loss) => sum + loss, 0) / 10;
}

/** Final loss for each learning rate. */
export function main(print: Print = console.log): Record<'sgd' | 'adam', { rate: number; loss: number }[]> {
  const result = {
    sgd: [0.03, 0.1, 0.3, 1].map((rate) => ({ rate, loss: train(sgd({ rate, momentum: 0.9 })) })),
    adam: [1e-3, 3e-3, 1e-2, 3e-2].map((rate) => ({ rate, loss: train(adam({ rate })) })),
  };
  const rows = Object.entries(result).flatMap(([name, runs]) =>
    runs.map(({ rate, loss }) => [`${name}, rate ${rate}`, loss.toFixed(2)]),
  );
  table(print, [`after ${steps} steps`, 'nats per character'], rows);
  return result;
}

runAlone(import.meta.url, main);
