/** Five seconds that say whether anything at all is broken: `npx vitest run tests/smoke.test.ts`. */
import { expect, it } from 'vitest';
import {
  adamw,
  CharacterTokenizer,
  createOptimizer,
  Forecaster,
  GPT,
  generate,
  matmul,
  meanSquaredError,
  Random,
  scope,
  tensor,
  valueAndGrad,
  withBackend,
} from '../src/index.ts';
import { availableBackends } from './backends.ts';

for (const { name, backend } of await availableBackends()) {
  it(`${name}: a product and its gradient`, () => {
    withBackend(backend, () => {
      const a = tensor([[1, 2, 3]]);
      const { value, grads } = valueAndGrad([a], () => matmul(a, tensor([[1], [10], [100]])));
      expect(value.item()).toBe(321);
      expect(grads.get('0')?.toArray()).toEqual([[1, 10, 100]]);
    });
  });
}

it('an LSTM learns to repeat the last number it saw', () => {
  const random = new Random(1, 'smoke');
  const model = new Forecaster({ kind: 'lstm', lookback: 4, horizon: 1, hidden: 16 }, { random });
  const optimizer = createOptimizer(adamw({ rate: 2e-2 }), model);
  const losses: number[] = [];
  for (let step = 0; step < 100; step++) {
    scope(() => {
      const x = random.fillUniform(new Float32Array(16 * 4), -1, 1);
      const y = Float32Array.from({ length: 16 }, (_, i) => x[4 * i + 3]);
      const inputs = tensor(x, { shape: [16, 4, 1] });
      const targets = tensor(y, { shape: [16, 1, 1] });
      const { value } = valueAndGrad(model, () => meanSquaredError(model.forward(inputs, {}), targets));
      losses.push(value.item());
      optimizer.step();
    });
  }
  expect(losses[0]).toBeGreaterThan(0.1);
  expect(losses[99]).toBeLessThan(0.02);
});

it('a GPT learns a sentence by heart and says it', async () => {
  const text = 'to be or not to be ';
  const tokenizer = CharacterTokenizer.fromText(text);
  const ids = tokenizer.encode(text.repeat(2));
  const sizes = { vocabulary: tokenizer.vocabularySize, context: 18, layers: 1, heads: 2, width: 32 };
  const model = new GPT(sizes, { random: new Random(2, 'smoke') });
  const optimizer = createOptimizer(adamw({ rate: 1e-2 }), model);
  const shape = [1, 18];
  for (let step = 0; step < 80; step++) {
    scope(() => {
      const x = tensor(ids.slice(0, 18), { shape });
      const y = tensor(ids.slice(1, 19), { shape });
      valueAndGrad(model, () => model.loss(x, y, {}));
      optimizer.step();
    });
  }
  model.eval();
  const said: number[] = [];
  for await (const id of generate(model, tokenizer.encode('to be or '), { length: 8 })) said.push(id);
  expect(tokenizer.decode(said)).toBe('not to b');
});
