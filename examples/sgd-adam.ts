/**
 * SGD against Adam on a small Transformer.
 *
 * The same GPT, the same batches of a short text, 300 steps each, the gradient's norm clipped to 1. Both rates were tuned a
 * little, and three of each are shown, so that neither is judged by a bad one; SGD has momentum 0.9. A Transformer's
 * gradients differ in scale from matrix to matrix: Adam divides by that scale, SGD cannot. Lecture: optimizers.
 */
import * as lookback from '../src/index.ts';
import { adam, CharacterTokenizer, GPT, Random, sgd, type Transform, tensor } from '../src/index.ts';
import { type Print, runAlone, table } from './entry.ts';

const [B, T] = [8, 32];
const shown = [100, 200, 300];
/** Moby Dick, chapter 1. */
const text = `Call me Ishmael. Some years ago - never mind how long precisely - having little or no money in my purse, and
nothing particular to interest me on shore, I thought I would sail about a little and see the watery part of the world.
It is a way I have of driving off the spleen and regulating the circulation. Whenever I find myself growing grim about
the mouth; whenever it is a damp, drizzly November in my soul; whenever I find myself involuntarily pausing before
coffin warehouses, and bringing up the rear of every funeral I meet; then, I account it high time to get to sea.`;
const tokenizer = CharacterTokenizer.fromText(text);
const ids = tokenizer.encode(text);

/** Loss after each of the steps `shown`, in nats a character, the mean over the last ten. */
function train(transform: Transform): number[] {
  const vocabulary = tokenizer.vocabularySize;
  const model = new GPT({ vocabulary, context: T, layers: 2, heads: 2, width: 32 }, { random: new Random(1) });
  const optimizer = lookback.createOptimizer(lookback.chain(lookback.clipByGlobalNorm(1), transform), model);
  const random = new Random(2);
  const losses = Array.from({ length: 300 }, () =>
    lookback.scope(() => {
      const starts = Array.from({ length: B }, () => random.integer(ids.length - T));
      const rows = (shift: number) => starts.map((start) => [...ids.slice(start + shift, start + shift + T)]);
      const [x, y] = [rows(0), rows(1)].map((values) => tensor(values, { dtype: 'i32' }));
      const { value } = lookback.valueAndGrad(model, () => model.loss(x, y));
      optimizer.step();
      return value.item();
    }),
  );
  return shown.map((step) => losses.slice(step - 10, step).reduce((sum, loss) => sum + loss) / 10);
}

/** Losses after 100, 200 and 300 steps by optimizer and rate. */
export function main(print: Print = console.log): Record<string, number[]> {
  const result: Record<string, number[]> = {};
  for (const rate of [0.1, 0.3, 1]) result[`SGD, rate ${rate}`] = train(sgd({ rate, momentum: 0.9 }));
  for (const rate of [0.002, 0.005, 0.01]) result[`Adam, rate ${rate}`] = train(adam({ rate }));
  const rows = Object.entries(result).map(([name, losses]) => [name, ...losses.map((loss) => loss.toFixed(2))]);
  table(print, ['nats a character after … steps', ...shown.map(String)], rows);
  return result;
}

runAlone(import.meta.url, main);
