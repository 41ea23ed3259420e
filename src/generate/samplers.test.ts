import { describe, expect, it } from 'vitest';
import { Random } from '../random.ts';
import { greedy, sampler, weights } from './samplers.ts';

const logits = Float32Array.from([Math.log(0.1), Math.log(0.4), Math.log(0.2), Math.log(0.3)]);
const share = (w: Float64Array) => Array.from(w, (v) => v / w.reduce((a, b) => a + b, 0));

describe('samplers', () => {
  it('greedy takes the first of the likeliest', () => {
    expect(greedy(logits)).toBe(1);
    expect(greedy(Float32Array.from([0, 2, 2]))).toBe(1);
    expect(sampler({ temperature: 0 })).toBe(greedy);
  });

  it('temperature 1 draws from the model, lower ones sharpen', () => {
    share(weights(logits)).forEach((p, i) => {
      expect(p).toBeCloseTo([0.1, 0.4, 0.2, 0.3][i], 6);
    });
    const sharp = share(weights(logits, { temperature: 0.5 }));
    expect(sharp[1]).toBeCloseTo(0.16 / 0.3, 6);
    const random = new Random(1);
    const counts = [0, 0, 0, 0];
    for (let i = 0; i < 4000; i++) counts[sampler()(logits, random)]++;
    counts.forEach((n, i) => {
      expect(n / 4000).toBeCloseTo([0.1, 0.4, 0.2, 0.3][i], 1);
    });
  });

  it('topK and topP cut the tail', () => {
    expect(share(weights(logits, { topK: 2 })).map((p) => p > 0)).toEqual([false, true, false, true]);
    expect(share(weights(logits, { topP: 0.65 })).map((p) => p > 0)).toEqual([false, true, false, true]);
    expect(share(weights(logits, { topP: 0.75 })).map((p) => p > 0)).toEqual([false, true, true, true]);
    expect(share(weights(logits, { topP: 0.0001 })).map((p) => p > 0)).toEqual([false, true, false, false]);
    expect(share(weights(logits, { topK: 100, topP: 1 })).every((p) => p > 0)).toBe(true);
    expect(weights(Float32Array.from([-Infinity, 0]), { topK: 2 })[0]).toBe(0);
  });

  it('refuses settings outside their range', () => {
    for (const options of [
      { temperature: -1 },
      { temperature: Number.NaN },
      { topK: 0 },
      { topK: 1.5 },
      { topP: 0 },
      { topP: 2 },
    ]) {
      expect(() => sampler(options)).toThrow(/sampler/);
    }
  });
});
