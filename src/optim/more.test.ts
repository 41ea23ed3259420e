/** Lion, Muon and averages against their equations in float64, and through what an optimizer does with them. */
import { describe, expect, it } from 'vitest';
import '../backends/init.ts';
import { Random } from '../random.ts';
import { multiply, normal, Parameter, scope, sum, tensor, valueAndGrad } from '../tensor/index.ts';
import {
  adamw,
  chain,
  clipByGlobalNorm,
  createOptimizer,
  lion,
  movingAverage,
  muon,
  orthogonalized,
  sgd,
} from './index.ts';

const random = (name: string) => new Random(7, name);

/** A parameter whose gradient is always `g`, and an optimizer for it. */
function fixed(transform: Parameters<typeof createOptimizer>[0], name: string, shape: number[]) {
  const p = new Parameter(normal(shape, { random: random('p') }));
  const g = normal(shape, { random: random('g') });
  const optimizer = createOptimizer(transform, [[name, p]]);
  const step = () =>
    scope(() => {
      valueAndGrad([p], () => sum(multiply(p, g)));
      optimizer.step();
    });
  return { p, g: [...g.dataSync()], optimizer, step };
}

describe('Lion', () => {
  it('moves by the sign of the averaged gradient', () => {
    const { p, g, step } = fixed(lion({ rate: 0.01, beta1: 0.9, beta2: 0.99, decay: 0.1 }), 'p', [37, 2]);
    const want = [...p.dataSync()];
    for (let t = 0; t < 3; t++) {
      step();
      for (let i = 0; i < want.length; i++) want[i] = want[i] * (1 - 0.001) - 0.01 * Math.sign(g[i]);
    }
    p.dataSync().forEach((value, i) => void expect(value).toBeCloseTo(want[i], 5));
  });

  it('stands still where nothing pulls, and keeps what is not finite', () => {
    scope(() => {
      const p = new Parameter(tensor([1, 2]));
      const optimizer = createOptimizer(lion({ rate: 0.1 }), [['p', p]]);
      valueAndGrad([p], () => sum(multiply(p, tensor([0, Number.NaN]))));
      optimizer.step();
      expect([...p.dataSync()]).toEqual([1, Number.NaN]);
    });
  });
});

describe('Muon', () => {
  it.each([
    [6, 4],
    [4, 9],
    [5, 5],
  ])('brings the singular values of a %i × %i gradient near 1', (rows, columns) => {
    scope(() => {
      const o = orthogonalized(normal([rows, columns], { random: random('o') }));
      const small = Math.min(rows, columns);
      const squared = (rows <= columns ? o.matmul(o.transpose()) : o.transpose().matmul(o)).dataSync();
      let trace = 0;
      for (let i = 0; i < small; i++) trace += squared[i * small + i];
      // The quintic settles between 0.7 and 1.2, so squares lie between 0.45 and 1.5.
      expect(trace / small).toBeGreaterThan(0.45);
      expect(trace / small).toBeLessThan(1.5);
    });
  });

  it('takes steps of the size of AdamW on matrices and is AdamW elsewhere', () => {
    const matrix = fixed(muon({ rate: 0.01 }), 'blocks.0.weight', [8, 16]);
    const before = [...matrix.p.dataSync()];
    matrix.step();
    const moved = Array.from(matrix.p.dataSync(), (value, i) => (value - before[i]) ** 2);
    const rms = Math.sqrt(moved.reduce((total, one) => total + one, 0) / moved.length);
    expect(rms).toBeGreaterThan(0.01 * 0.1);
    expect(rms).toBeLessThan(0.01 * 0.4);
    for (const [name, shape] of [
      ['embedding.weight', [8, 16]],
      ['norm.weight', [16]],
    ] as const) {
      const ours = fixed(muon({ rate: 0.01, decay: 0.1 }), name, [...shape]);
      const adam = fixed(adamw({ rate: 0.01, decay: 0.1 }), name, [...shape]);
      for (let t = 0; t < 3; t++) for (const one of [ours, adam]) one.step();
      expect(ours.p.dataSync()).toEqual(adam.p.dataSync());
    }
  });

  it('goes on exactly from its state', () => {
    const make = () => fixed(chain(clipByGlobalNorm(1), muon({ rate: 0.01 })), 'w', [4, 6]);
    const [one, other] = [make(), make()];
    for (let t = 0; t < 2; t++) one.step();
    const state = one.optimizer.state();
    const tensors = new Map(
      [...state.tensors].map(([key, value]) => [key, { shape: value.shape, data: value.dataSync() }]),
    );
    other.optimizer.arena.import(one.optimizer.arena.export());
    other.optimizer.load({ step: state.step, tensors });
    for (const each of [one, other]) each.step();
    expect(other.p.dataSync()).toEqual(one.p.dataSync());
  });
});

describe('a moving average', () => {
  it('follows the parameters, is swapped in and out, and belongs to the state', () => {
    const { p, optimizer, step } = fixed(chain(sgd({ rate: 0.1 }), movingAverage(0.5)), 'p', [21]);
    const want = [...p.dataSync()];
    for (let t = 0; t < 12; t++) {
      step();
      const keep = Math.min(0.5, (1 + t) / (10 + t));
      p.dataSync().forEach((value, i) => {
        want[i] = keep * want[i] + (1 - keep) * value;
      });
    }
    const now = p.dataSync();
    expect(optimizer.swapAverages()).toBe(true);
    p.dataSync().forEach((value, i) => void expect(value).toBeCloseTo(want[i], 5));
    expect(optimizer.swapAverages()).toBe(true);
    expect(p.dataSync()).toEqual(now);
    expect([...optimizer.state().tensors.keys()]).toEqual(['movingAverage.average.p']);
  });

  it('is absent without one', () => {
    const { optimizer } = fixed(sgd({ rate: 0.1 }), 'p', [3]);
    expect(optimizer.swapAverages()).toBe(false);
  });
});
