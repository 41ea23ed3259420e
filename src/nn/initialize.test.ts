import { describe, expect, it } from 'vitest';
import { Random } from '../random.ts';
import {
  eachGate,
  gateBias,
  gpt2,
  kaimingNormal,
  kaimingUniform,
  orthogonal,
  xavierNormal,
  xavierUniform,
  zeros,
} from './initialize.ts';

function deviation(values: Float32Array): number {
  const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
  return Math.sqrt(values.reduce((sum, v) => sum + (v - mean) * (v - mean), 0) / values.length);
}

describe('initialize', () => {
  const shape = [200, 100];
  it.each([
    ['xavierUniform', xavierUniform(), Math.sqrt(2 / 300)],
    ['xavierNormal', xavierNormal({ gain: 2 }), 2 * Math.sqrt(2 / 300)],
    ['kaimingUniform', kaimingUniform(), Math.sqrt(2 / 100)],
    ['kaimingNormal', kaimingNormal(), Math.sqrt(2 / 100)],
    ['gpt2 residual', gpt2({ layers: 8 }).residual, 0.02 / 4],
  ])('%s has the deviation of its paper', (_, initialize, expected) => {
    expect(deviation(initialize(shape, new Random(1)))).toBeCloseTo(expected, 2);
    expect(deviation(initialize(shape, new Random(1))) / expected).toBeCloseTo(1, 1);
  });

  it.each([
    [5, 5],
    [3, 8],
    [8, 3],
  ])('orthogonal [%i, %i] has orthonormal rows or columns', (rows, columns) => {
    const values = orthogonal()([rows, columns], new Random(4));
    const short = Math.min(rows, columns);
    const at = (i: number, k: number) => (rows <= columns ? values[i * columns + k] : values[k * columns + i]);
    for (let i = 0; i < short; i++) {
      for (let j = 0; j < short; j++) {
        let product = 0;
        for (let k = 0; k < Math.max(rows, columns); k++) product += at(i, k) * at(j, k);
        expect(product).toBeCloseTo(i === j ? 1 : 0, 6);
      }
    }
  });

  it('eachGate fills block by block; gateBias sets one block', () => {
    const values = eachGate(2, orthogonal())([6, 3], new Random(4));
    expect(values.slice(0, 9)).not.toEqual(values.slice(9));
    expect([...gateBias(4, 1, 1, zeros())([8], new Random(1))]).toEqual([0, 0, 1, 1, 0, 0, 0, 0]);
  });

  it('refuses a vector where a matrix is needed', () => {
    expect(() => xavierUniform()([3], new Random(1))).toThrow(/\[out, in/);
  });
});
