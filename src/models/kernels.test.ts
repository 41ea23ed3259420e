/** Whole models on the default backend's kernels, held to the float64 reference. */
import { afterAll, describe, expect, it } from 'vitest';
import '../backends/init.ts';
import { setBackend } from '../backends/backend.ts';
import { ReferenceBackend } from '../backends/reference/reference.ts';
import { KeyValueCache, type Tap } from '../nn/index.ts';
import { Random } from '../random.ts';
import { scope, slice, type Tensor, tensor, valueAndGrad } from '../tensor/index.ts';
import { GPT, type GPTConfig } from './gpt.ts';
import { RecurrentLanguageModel } from './recurrentLanguageModel.ts';

afterAll(() => {
  setBackend(undefined);
});

const small: GPTConfig = { vocabulary: 11, context: 16, layers: 2, heads: 4, width: 32 };
const llama: GPTConfig = { ...small, kvHeads: 2, positions: 'rotary', norm: 'rmsNorm', mlp: 'swiglu', bias: false };
const gpt = (config: GPTConfig) => () => new GPT(config, { random: new Random(1) });
const recurrent = (kind: 'rnn' | 'lstm' | 'gru') => () =>
  new RecurrentLanguageModel({ vocabulary: 11, kind, layers: 2, width: 16, dropout: 0.1 }, { random: new Random(1) });
const watch: Tap = { activation: () => undefined };

const ids = Int32Array.from({ length: 48 }, (_, i) => (i * 7 + (i % 5)) % 11);
const batch = (values: Int32Array): Tensor => tensor(values, { shape: [3, 16] });

describe('whole models on kernels', () => {
  it.each<[string, () => GPT | RecurrentLanguageModel, Tap | undefined]>([
    ['GPT-2 with dropout', gpt({ ...small, dropout: 0.1 }), undefined],
    ['GPT-2, tapped', gpt(small), watch],
    ['Llama', gpt({ ...llama, tieWeights: false }), undefined],
    ['Llama with interleaved rotation, tapped', gpt({ ...llama, rotaryInterleaved: true }), watch],
    ['rnn', recurrent('rnn'), undefined],
    ['lstm', recurrent('lstm'), undefined],
    ['gru', recurrent('gru'), undefined],
  ])('%s: loss and gradients equal the float64 reference', (_, make, tap) => {
    const run = () =>
      scope(() => {
        const model = make();
        const targets = ids.map((id) => (id * 3 + 1) % 11);
        const options = { random: new Random(4), tap };
        const { value, grads } = valueAndGrad(model, () => model.loss(batch(ids), batch(targets), options));
        return {
          loss: value.item(),
          grads: [...grads.values()].flatMap((gradient) => Array.from(gradient.dataSync())),
        };
      });
    setBackend(undefined);
    const kernels = run();
    setBackend(new ReferenceBackend({ float64: true }));
    const truth = run();
    expect(kernels.loss).toBeCloseTo(truth.loss, 5);
    const largest = Math.max(...truth.grads.map(Math.abs));
    const error = Math.max(...truth.grads.map((gradient, i) => Math.abs(gradient - kernels.grads[i])));
    expect(error / largest).toBeLessThan(1e-5);
  });

  it.each([
    ['GPT-2', small],
    ['Llama', llama],
  ])('%s: decoding with a cache gives the very bits of the whole pass', (_, config) => {
    setBackend(undefined);
    scope(() => {
      const model = gpt(config)();
      const whole = model.forward(batch(ids));
      const cache = new KeyValueCache(16);
      for (let t = 0; t < 16; t++) {
        const step = model.forward(slice(batch(ids), 1, t, t + 1), { cache });
        expect(step.dataSync()).toEqual(slice(whole, 1, t, t + 1).dataSync());
      }
      cache.dispose();
    });
  });
});
