/**
 * A convolutional network sees only its receptive field.
 *
 * Three causal convolutions of 3 taps with dilations 1, 2 and 4 see 1 + 2 (1 + 2 + 4) = 15 steps. Each input step is
 * disturbed in turn: from outside those 15 the last output does not change by a single bit, whatever the weights. An LSTM
 * of the same width has no such edge. Lecture: convolutions for sequences, dilation.
 */
import { Conv1d, LSTM, normal, Random, scope, type Tensor, tensor } from '../src/index.ts';
import { type Print, runAlone } from './entry.ts';

const [T, C] = [40, 8];

/** For each input step, whether the last output [1, 1, C] of `model` changes when that step does. */
function seen(model: (x: Tensor) => Tensor, random: Random): boolean[] {
  return scope(() => {
    const x = normal([1, T, C], { random });
    const last = (input: Tensor) =>
      model(input)
        .slice(1, T - 1)
        .dataSync();
    const before = last(x);
    return Array.from({ length: T }, (_, t) => {
      const values = x.dataSync();
      values[t * C] += 1;
      return last(tensor(values, { shape: x.shape })).some((value, i) => value !== before[i]);
    });
  });
}

/** How many steps the last output sees, and which. */
export function main(print: Print = console.log): { field: number; cnn: boolean[]; lstm: boolean[] } {
  const random = new Random(1);
  const layers = [1, 2, 4].map((dilation) => new Conv1d(C, C, 3, { random: random.split(String(dilation)), dilation }));
  const recurrent = new LSTM(C, C, { random: random.split('lstm') });
  const cnn = seen((x) => layers.reduce((h, layer) => layer.forward(h).tanh(), x), new Random(2));
  const lstm = seen((x) => recurrent.forward(x).output, new Random(2));
  const field = 1 + layers.reduce((sum, { settings }) => sum + 2 * settings.dilation, 0);
  const strip = (steps: boolean[]) =>
    `${steps.map((one) => (one ? '#' : '.')).join('')}  ${steps.filter(Boolean).length}`;
  print(`what the last of ${T} outputs sees (# seen, . not), receptive field ${field}`);
  print(`CNN   ${strip(cnn)}`);
  print(`LSTM  ${strip(lstm)}`);
  return { field, cnn, lstm };
}

runAlone(import.meta.url, main);
