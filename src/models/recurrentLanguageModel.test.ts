import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Backend, getBackend, setBackend } from '../backends/backend.ts';
import { ReferenceBackend } from '../backends/reference/reference.ts';
import { log } from '../math.ts';
import { Random } from '../random.ts';
import { scope, tensor, valueAndGrad } from '../tensor/index.ts';
import { RecurrentLanguageModel } from './recurrentLanguageModel.ts';

let before: Backend | undefined;
beforeAll(() => {
  before = setBackend(new ReferenceBackend({ float64: true }));
});
afterAll(() => {
  setBackend(before);
});

const sequence = [3, 1, 4, 1, 5, 2, 6, 5];

describe.each(['rnn', 'lstm', 'gru'] as const)('RecurrentLanguageModel %s', (kind) => {
  const make = (tieWeights = false, dropout = 0) =>
    new RecurrentLanguageModel(
      { vocabulary: 7, kind, layers: 2, width: 6, tieWeights, dropout },
      { random: new Random(1) },
    );

  it.each([false, true])('starts near the uniform loss and gives gradients (tied: %s)', (tie) => {
    scope(() => {
      const model = make(tie);
      const ids = tensor([sequence.slice(0, 7)], { dtype: 'i32' });
      const targets = tensor([sequence.slice(1)], { dtype: 'i32' });
      const { value, grads } = valueAndGrad(model, () => model.loss(ids, targets));
      expect(Math.abs(value.item() - log(7))).toBeLessThan(0.1);
      expect(grads.size).toBe(tie ? 10 : 11);
      for (const [name, gradient] of grads)
        expect(
          gradient.dataSync().some((v) => v !== 0),
          name,
        ).toBe(true);
    });
  });

  it('decodes step by step what a whole pass gives, for several rows, and frees its state', async () => {
    const model = make().eval();
    const other = sequence.toReversed();
    const whole = scope(() => model.forward(tensor([sequence, other], { dtype: 'i32' })).dataSync());
    const { storages } = getBackend().memory();
    const decoder = model.decoder();
    await decoder.feed([sequence.slice(0, 3), other.slice(0, 3)]);
    decoder.reorder([1, 0]);
    let last: Float32Array[] = [];
    for (let t = 3; t < 8; t++) last = await decoder.feed([[other[t]], [sequence[t]]]);
    last[1].forEach((v, i) => {
      expect(v).toBeCloseTo(whole[7 * 7 + i], 6);
    });
    last[0].forEach((v, i) => {
      expect(v).toBeCloseTo(whole[15 * 7 + i], 6);
    });
    decoder.dispose();
    expect(getBackend().memory().storages).toBe(storages);
  });

  it('drops out in training only', () => {
    scope(() => {
      const model = make(false, 0.5);
      const ids = tensor([sequence], { dtype: 'i32' });
      expect(() => model.forward(ids)).toThrow(/eval\(\)/);
      const trained = model.forward(ids, { random: new Random(2) }).dataSync();
      expect(model.eval().forward(ids).dataSync()).not.toEqual(trained);
    });
  });
});
