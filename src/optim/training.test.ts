/** Optimizers with real gradients, on every backend: written into the arena, accumulated, and flat in memory. */
import { describe, expect, it } from 'vitest';
import { availableBackends } from '../../tests/backends.ts';
import { withBackend } from '../backends/backend.ts';
import { Random } from '../random.ts';
import {
  crossEntropy,
  layerNorm,
  linear,
  lstm,
  normal,
  Parameter,
  reshape,
  scope,
  slice,
  type Tensor,
  tensor,
  valueAndGrad,
} from '../tensor/index.ts';
import { adamw, chain, clipByGlobalNorm, createOptimizer, sgd, type Transform } from './index.ts';

const [T, I, H, V] = [4, 3, 5, 6];
const shapes = { wx: [4 * H, I], wh: [4 * H, H], b: [4 * H], scale: [H], shift: [H], out: [V, H], outBias: [V] };
type Name = keyof typeof shapes;

function makeModel() {
  const random = new Random(1);
  const make = (shape: number[]) => new Parameter(normal(shape, { random, std: 0.4 }));
  // parameters belong to no scope, but the tensors they were made of do
  const entries = scope(() => Object.entries(shapes).map(([name, shape]) => [name, make(shape)] as [Name, Parameter]));
  const p = Object.fromEntries(entries) as Record<Name, Parameter>;
  return {
    namedParameters: () => entries,
    /** Both biases of the LSTM are one parameter, used twice in one operation. */
    forward(x: Tensor): Tensor {
      const weights = { inputWeight: p.wx, recurrentWeight: p.wh, inputBias: p.b, recurrentBias: p.b };
      return linear(layerNorm(lstm(x, weights).output, p.scale, p.shift), p.out, p.outBias);
    },
    free: () => {
      for (const [, parameter] of entries) parameter.dispose();
    },
  };
}

type Model = ReturnType<typeof makeModel>;

function batch() {
  const random = new Random(2);
  const x = normal([32, T, I], { random });
  const targets = tensor(
    Int32Array.from({ length: 32 * T }, () => random.integer(V)),
    { shape: [32, T] },
  );
  return { x, targets };
}

function lossOf(model: Model, x: Tensor, targets: Tensor, scale?: number): Tensor {
  const logits = reshape(model.forward(x), [x.shape[0] * T, V]);
  const flat = reshape(targets, [x.shape[0] * T]);
  return scale === undefined ? crossEntropy(logits, flat) : crossEntropy(logits, flat, { reduction: 'sum', scale });
}

const values = (model: Model) => new Map(model.namedParameters().map(([name, p]) => [name, [...p.dataSync()]]));

function expectClose(a: Map<string, number[]>, b: Map<string, number[]>, tolerance: number): void {
  for (const [name, list] of a) {
    const other = b.get(name) ?? [];
    expect(Math.max(...list.map((value, i) => Math.abs(value - other[i]))), name).toBeLessThan(tolerance);
  }
}

describe.each(await availableBackends())('training on $name', ({ backend }) => {
  const on = (fn: () => void) => () => withBackend(backend, () => scope(fn));

  it(
    'writes the same gradients into the arena as without one',
    on(() => {
      const model = makeModel();
      const { x, targets } = batch();
      const gradients = () =>
        scope(() => {
          const { grads } = valueAndGrad(model, () => lossOf(model, x, targets));
          return new Map([...grads].map(([name, gradient]) => [name, [...gradient.dataSync()]]));
        });
      const plain = gradients();
      const optimizer = createOptimizer(sgd({ rate: 0.1 }), model);
      expectClose(plain, gradients(), 1e-7);
      expectClose(plain, gradients(), 1e-7);
      const arena = optimizer.arena.gradients.dataSync();
      const sum = (list: Iterable<number>) => [...list].reduce((total, value) => total + Math.abs(value), 0);
      expect(sum(arena)).toBeCloseTo(sum([...plain.values()].flat()), 4);
    }),
  );

  const transforms: [string, () => Transform][] = [
    ['sgd', () => sgd({ rate: 0.1, momentum: 0.9 })],
    ['adamw', () => chain(clipByGlobalNorm(0.5), adamw({ rate: 0.01, epsilon: 1e-4 }))],
  ];
  it.each(transforms)('%s: four accumulated parts of 8 equal a batch of 32', (_, transform) =>
    on(() => {
      const { x, targets } = batch();
      const [whole, parts] = [makeModel(), makeModel()];
      const one = createOptimizer(transform(), whole);
      const four = createOptimizer(transform(), parts);
      const start = values(whole);
      for (let step = 0; step < 3; step++) {
        valueAndGrad(whole, () => lossOf(whole, x, targets));
        const { norm } = one.step();
        for (let part = 0; part < 4; part++) {
          const rows = (t: Tensor) => slice(t, 0, part * 8, part * 8 + 8);
          // the loss is normalised over the whole window
          valueAndGrad(parts, () => lossOf(parts, rows(x), rows(targets), 1 / (32 * T)));
          four.accumulate();
        }
        const accumulated = four.step();
        if (norm && accumulated.norm) expect(accumulated.norm.item()).toBeCloseTo(norm.item(), 5);
      }
      expectClose(values(whole), values(parts), 2e-5);
      expect(values(whole)).not.toEqual(start);
    })(),
  );

  it('takes no memory from step to step and gives all of it back', () =>
    withBackend(backend, () => {
      const before = backend.memory().storages;
      const model = makeModel();
      const optimizer = createOptimizer(chain(clipByGlobalNorm(1), adamw({ rate: 0.01 })), model);
      const losses: number[] = [];
      let settled = 0;
      for (let step = 0; step < 12; step++) {
        scope(() => {
          const { x, targets } = batch();
          const { value } = valueAndGrad(model, () => lossOf(model, x, targets));
          optimizer.step();
          losses.push(value.item());
        });
        if (step === 1) settled = backend.memory().inUse;
      }
      expect(backend.memory().inUse).toBe(settled);
      expect(losses[11]).toBeLessThan(losses[0]);
      optimizer.dispose();
      model.free();
      expect(backend.memory().storages).toBe(before);
    }));
});
