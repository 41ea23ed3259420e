import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Backend, setBackend } from '../backends/backend.ts';
import { ReferenceBackend } from '../backends/reference/reference.ts';
import type { LookbackError } from '../errors.ts';
import { Random } from '../random.ts';
import { Parameter, tensor } from '../tensor/tensor.ts';
import { adam, adamw, chain, clipByGlobalNorm, createOptimizer, type Optimizer, sgd, type Transform } from './index.ts';

let before: Backend | undefined;
beforeEach(() => {
  before = setBackend(new ReferenceBackend({ float64: true }));
});
afterEach(() => {
  setBackend(before);
});

const shapes: Record<string, number[]> = { weight: [3, 5], bias: [5], table: [4, 9] };

function makeParameters(seed = 1): [string, Parameter][] {
  const random = new Random(seed);
  return Object.entries(shapes).map(([name, shape]) => {
    const values = random.fillNormal(new Float64Array(shape.reduce((a, b) => a * b, 1)));
    return [name, new Parameter(tensor(values, { shape }))];
  });
}

/** Gradients that depend on the parameter, so that a wrong update shows in the next step too. */
function writeGradients(parameters: [string, Parameter][], step: number): Map<string, number[]> {
  const all = new Map<string, number[]>();
  for (const [name, parameter] of parameters) {
    const gradient = [...parameter.dataSync()].map((p, i) => p * (1 + (i % 3)) + Math.sqrt(i + step + 1) - 2);
    const slot = parameter.slot;
    if (!slot) throw new Error('not in an arena');
    const { shape, strides, size } = parameter;
    slot.gradients.backend.write({ ...slot.gradients, shape, strides, size, offset: slot.offset }, gradient);
    all.set(name, gradient);
  }
  return all;
}

function values(parameters: [string, Parameter][]): Map<string, number[]> {
  return new Map(parameters.map(([name, parameter]) => [name, [...parameter.dataSync()]]));
}

function expectClose(actual: number[], expected: number[], tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  expect(Math.max(...actual.map((value, i) => Math.abs(value - expected[i])))).toBeLessThan(tolerance);
}

/** Runs `steps` updates beside `rule`, which changes the plain arrays by hand, and compares. */
function compare(
  transform: Transform,
  rule: (p: number[], g: number[], name: string, t: number, factor: number) => number[],
  { steps = 10, factorOf = () => 1 }: { steps?: number; factorOf?: (norm: number) => number } = {},
): Optimizer {
  const parameters = makeParameters();
  const expected = values(parameters);
  const optimizer = createOptimizer(transform, parameters);
  for (let step = 0; step < steps; step++) {
    const gradients = writeGradients(parameters, step);
    let squares = 0;
    for (const gradient of gradients.values()) for (const g of gradient) squares += g * g;
    const { norm } = optimizer.step();
    if (norm) expect(norm.item()).toBeCloseTo(Math.sqrt(squares), 10);
    for (const [name, gradient] of gradients) {
      const p = expected.get(name) ?? [];
      expected.set(name, rule(p, gradient, name, step + 1, factorOf(Math.sqrt(squares))));
    }
  }
  for (const [name, parameter] of parameters) {
    expectClose([...parameter.dataSync()], expected.get(name)!, 1e-11);
  }
  return optimizer;
}

function handAdamw(rate: (t: number) => number, beta1: number, beta2: number, epsilon: number, decay: number) {
  const state = new Map<string, { m: number[]; v: number[] }>();
  return (p: number[], gradient: number[], name: string, t: number, factor: number) => {
    const { m, v } = state.get(name) ?? { m: p.map(() => 0), v: p.map(() => 0) };
    state.set(name, { m, v });
    // t-fold products, not pow: another way to the same number
    let power1 = 1;
    let power2 = 1;
    for (let i = 0; i < t; i++) {
      power1 *= beta1;
      power2 *= beta2;
    }
    return p.map((value, i) => {
      const g = gradient[i] * factor;
      m[i] = beta1 * m[i] + (1 - beta1) * g;
      v[i] = beta2 * v[i] + (1 - beta2) * g * g;
      const decayed = value - (name === 'bias' ? 0 : rate(t) * decay * value);
      return decayed - (rate(t) * (m[i] / (1 - power1))) / (Math.sqrt(v[i] / (1 - power2)) + epsilon);
    });
  };
}

describe('updates against loops written by hand', () => {
  it('adamw: ten steps with a schedule and decay of matrices only', () => {
    const rate = (step: number) => 0.05 / (step + 1);
    const byHand = handAdamw((t) => rate(t - 1), 0.8, 0.97, 1e-6, 0.3);
    compare(adamw({ rate, beta1: 0.8, beta2: 0.97, epsilon: 1e-6, decay: 0.3 }), byHand);
  });

  it('adam has no decay', () => {
    compare(
      adam({ rate: 0.01 }),
      handAdamw(() => 0.01, 0.9, 0.999, 1e-8, 0),
    );
  });

  it('clipping is folded into the update, and measures the norm before it', () => {
    const byHand = handAdamw(() => 0.1, 0.9, 0.999, 1e-8, 0.01);
    const factorOf = (norm: number) => Math.min(1, 1.5 / (norm + 1e-6));
    compare(chain(clipByGlobalNorm(1.5), adamw({ rate: 0.1 })), byHand, { factorOf });
  });

  it('a norm below the maximum changes nothing', () => {
    compare(chain(clipByGlobalNorm(1e6), sgd({ rate: 0.01 })), (p, g) => p.map((x, i) => x - 0.01 * g[i]));
  });

  it.each([
    { momentum: 0, nesterov: false, decay: 0.2 },
    { momentum: 0.9, nesterov: false, decay: 0 },
    { momentum: 0.9, nesterov: true, decay: 0.1 },
  ])('sgd %o', ({ momentum, nesterov, decay }) => {
    const velocity = new Map<string, number[]>();
    const byHand = (p: number[], gradient: number[], name: string, _t: number, factor: number) => {
      const v = velocity.get(name) ?? p.map(() => 0);
      velocity.set(name, v);
      return p.map((value, i) => {
        const d = gradient[i] * factor + (name === 'bias' ? 0 : decay * value);
        v[i] = momentum * v[i] + d;
        return value - 0.03 * (nesterov ? d + momentum * v[i] : v[i]);
      });
    };
    const factorOf = (norm: number) => Math.min(1, 2 / (norm + 1e-6));
    const transform = chain(clipByGlobalNorm(2), sgd({ rate: 0.03, momentum, nesterov, decay }));
    const optimizer = compare(transform, byHand, { factorOf });
    expect([...optimizer.state().tensors.keys()]).toEqual(
      momentum > 0 ? ['sgd.velocity.weight', 'sgd.velocity.table', 'sgd.velocity.bias'] : [],
    );
  });
});

describe('Optimizer', () => {
  const make = (parameters: [string, Parameter][]) =>
    createOptimizer(chain(clipByGlobalNorm(1), adamw({ rate: (step) => 0.1 / (1 + step) })), parameters);

  it('goes on exactly from a saved state', () => {
    const whole = makeParameters();
    const once = make(whole);
    const first = makeParameters();
    const half = make(first);
    for (let step = 0; step < 4; step++) {
      writeGradients(whole, step);
      once.step();
      writeGradients(first, step);
      half.step();
    }
    const second = makeParameters(2);
    for (const [i, [, parameter]] of second.entries()) parameter.assign(first[i][1].dataSync());
    const resumed = make(second);
    const { step, tensors } = half.state();
    expect(step).toBe(4);
    const saved = [...tensors].map(
      ([name, slice]) => [name, { shape: slice.shape, data: slice.dataSync().slice() }] as const,
    );
    resumed.load({ step, tensors: new Map(saved) });
    for (let more = 4; more < 8; more++) {
      writeGradients(whole, more);
      once.step();
      writeGradients(second, more);
      resumed.step();
    }
    expect(values(second)).toEqual(values(whole));
    expect([...resumed.state().tensors].map(([name, slice]) => [name, [...slice.dataSync()]])).toEqual(
      [...once.state().tensors].map(([name, slice]) => [name, [...slice.dataSync()]]),
    );
  });

  it('refuses a state that does not fit, and changes nothing', () => {
    const parameters = makeParameters();
    const optimizer = make(parameters);
    writeGradients(parameters, 0);
    optimizer.step();
    const { tensors } = optimizer.state();
    const kept = new Map([...tensors].map(([name, slice]) => [name, [...slice.dataSync()]]));
    const wrong = new Map<string, { shape: number[]; data: number[] }>();
    for (const [name, slice] of tensors)
      wrong.set(name, { shape: [...slice.shape], data: kept.get(name)!.map(() => 7) });
    wrong.delete('adamw.second.bias');
    wrong.set('adamw.second.weight', { shape: [5, 3], data: new Array(15).fill(7) });
    wrong.set('adamw.second.other', { shape: [1], data: [7] });
    let refused: LookbackError | undefined;
    try {
      optimizer.load({ step: 9, tensors: wrong });
    } catch (error) {
      refused = error as LookbackError;
    }
    expect(refused?.code).toBe('STATE_MISMATCH');
    expect(refused?.message).toMatch(/unexpected other.*weight is \[5, 3\], not \[3, 5\].*missing bias/);
    expect(() =>
      optimizer.load({ step: 1, tensors: new Map([['velocity.bias', wrong.get('adamw.first.bias')!]]) }),
    ).toThrow(/names that begin with adamw.first, adamw.second.*velocity.bias/);
    expect(optimizer.stepCount).toBe(1);
    expect(new Map([...optimizer.state().tensors].map(([name, slice]) => [name, [...slice.dataSync()]]))).toEqual(kept);
  });

  it('accumulates weighted gradients and uses them once', () => {
    const plain = makeParameters();
    const parts = makeParameters();
    const one = make(plain);
    const four = make(parts);
    const start = values(parts);
    for (let window = 0; window < 2; window++) {
      const sums = [...values(plain)].map(([name, p]) => [name, p.map(() => 0)] as const);
      for (let part = 0; part < 4; part++) {
        const gradients = writeGradients(parts, part);
        for (const [name, sum] of sums) for (let i = 0; i < sum.length; i++) sum[i] += 0.25 * gradients.get(name)![i];
        four.accumulate(0.25);
      }
      expect(() => four.state()).toThrow(/accumulated/);
      four.step();
      for (const [name, parameter] of plain) {
        const slot = parameter.slot!;
        const { shape, strides, size } = parameter;
        const sum = sums.find(([other]) => other === name)?.[1] ?? [];
        slot.gradients.backend.write({ ...slot.gradients, shape, strides, size, offset: slot.offset }, sum);
      }
      one.step();
      for (const [name, p] of values(parts)) expectClose(p, values(plain).get(name)!, 1e-12);
    }
    expect(values(parts)).not.toEqual(start);
    // without accumulate(), the arena's own gradients count again
    writeGradients(plain, 5);
    writeGradients(parts, 5);
    one.step();
    four.step();
    expectClose(values(parts).get('table')!, values(plain).get('table')!, 1e-12);
  });

  it('refuses to step when another optimizer has taken the parameters', () => {
    const parameters = makeParameters();
    const first = make(parameters);
    const second = make(parameters);
    expect(() => first.step()).toThrow(/another optimizer has taken over/);
    second.step();
    second.dispose();
    expect(parameters[0][1].slot).toBeUndefined();
    expect(parameters[0][1].dataSync().length).toBe(15);
  });

  it('refuses nonsense', () => {
    expect(() => createOptimizer(sgd({ rate: 1 }), [])).toThrow(/at least one parameter/);
    expect(() => adamw({ rate: 1, beta1: 1 })).toThrow(/beta1 < 1/);
    expect(() => adamw({ rate: 1, epsilon: Number.NaN })).toThrow(/epsilon/);
    expect(() => clipByGlobalNorm(0)).toThrow(/maximum > 0/);
    expect(() => chain(sgd({ rate: 1 }), sgd({ rate: 1 }))).toThrow(/each part once/);
    const [[, weight], [, bias]] = makeParameters();
    expect(() =>
      createOptimizer(sgd({ rate: 1 }), [
        ['a', weight],
        ['a', bias],
      ]),
    ).toThrow(/two parameters are named a/);
  });
});
