/** Gradients: what the tape records and releases, what it refuses, and operations of the user's own. */
import { describe, expect, it } from 'vitest';
import { type Backend, withBackend } from '../../src/backends/backend.ts';
import { createOptimizer, sgd } from '../../src/optim/index.ts';
import { Random } from '../../src/random.ts';
import type { Tensor } from '../../src/tensor/index.ts';
import * as L from '../../src/tensor/index.ts';
import { availableBackends } from '../backends.ts';
import { coded } from './coded.ts';

const backends = await availableBackends();

/** A test on a backend and in a scope, after which nothing may remain. */
const on = (backend: Backend, name: string, fn: () => void) =>
  it(name, () => {
    const { inUse, storages } = backend.memory();
    withBackend(backend, () => L.scope(fn));
    expect(backend.memory()).toMatchObject({ inUse, storages });
  });

const gradientOf = (x: Tensor, fn: () => Tensor): L.NestedNumbers | undefined => L.grad([x], fn).get('0')?.toArray();

/** Runs `fn` and tells `note` the name of everything the backend runs. */
function watched(backend: Backend, note: (name: string) => void, fn: () => unknown): void {
  const run = backend.run.bind(backend) as (...given: unknown[]) => void;
  backend.run = (...given: unknown[]) => {
    note((given[0] as { name: string }).name);
    run(...given);
  };
  try {
    fn();
  } finally {
    // The method of the class shows again.
    delete (backend as Partial<Backend>).run;
  }
}

describe.each(backends)('the tape on $name', ({ backend }) => {
  on(backend, 'lets go of saved tensors as the way back uses them', () => {
    const depth = 40;
    const x = L.ones([1000]);
    const seen: number[] = [];
    const note = (name: string) => {
      if (name === 'tanhGradient') seen.push(backend.memory().inUse);
    };
    watched(backend, note, () =>
      L.valueAndGrad([x], () => {
        let y = x;
        for (let i = 0; i < depth; i++) y = L.tanh(y);
        return L.sum(y);
      }),
    );
    expect(seen).toHaveLength(depth);
    const layer = 4000;
    expect(seen[0] - seen[depth - 1]).toBeGreaterThan((depth - 5) * layer);
    for (let i = 1; i < depth; i++) expect(seen[i]).toBeLessThanOrEqual(seen[i - 1] + layer);
  });

  on(backend, 'does not hold what no gradient reads', () => {
    const x = L.ones([100_000]);
    const heldBy = (layer: (y: Tensor) => Tensor): number => {
      let held = 0;
      // The seed of the way back is a fill: by then the forward pass is over.
      const note = (name: string) => {
        if (name === 'fill') held = Math.max(held, backend.memory().inUse);
      };
      watched(backend, note, () =>
        L.valueAndGrad([x], () => {
          let y = x;
          for (let i = 0; i < 20; i++) y = layer(y);
          return L.sum(y);
        }),
      );
      return held;
    };
    const without = heldBy((y) => L.addScalar(y, 1));
    const saving = heldBy((y) => L.tanh(y));
    expect(saving - without).toBeGreaterThan(15 * 400_000);
  });

  on(backend, 'adds contributions in the reverse of the order they were recorded', () => {
    if (backend.name === 'reference-f64') return;
    const x = L.tensor([1]);
    const sumOf = (...factors: number[]) =>
      gradientOf(x, () => L.sum(factors.map((factor) => L.multiply(x, factor)).reduce((a, b) => L.add(a, b))));
    // In float32, 1e8 swallows a 1 that comes right after it.
    expect(sumOf(1, 1e8, -1e8)).toEqual([1]);
    expect(sumOf(1e8, 1, -1e8)).toEqual([0]);
    expect(sumOf(-1e8, 1e8, 1)).toEqual([0]);
  });

  on(backend, 'gives zeros to parameters the result does not depend on', () => {
    const [x, idle] = [L.tensor([2]), L.tensor([[1, 1]])];
    const { grads } = L.valueAndGrad([x, idle], () => L.square(x));
    expect([...grads.values()].map((gradient) => gradient.toArray())).toEqual([[4], [[0, 0]]]);
  });

  on(backend, 'takes a weight under two names as one', () => {
    const w = L.tensor([3]);
    const target = { namedParameters: () => [['a', w] as const, ['b', w] as const] };
    const { grads } = L.valueAndGrad(target, () => L.multiply(w, w));
    expect([grads.get('a')?.toArray(), grads.get('b')?.toArray()]).toEqual([[6], [6]]);
  });

  on(backend, 'refuses gradients of gradients', () => {
    const x = L.tensor([2]);
    coded('SECOND_ORDER', () => L.valueAndGrad([x], () => L.sum(L.grad([x], () => L.square(x)).get('0') as Tensor)));
    expect(gradientOf(x, () => L.square(x))).toEqual([4]);
  });

  on(backend, 'survives another gradient inside inference', () => {
    const x = L.tensor([2]);
    const gradient = gradientOf(x, () => {
      const y = L.square(x);
      const slope = L.inference(() => L.grad([x, y], () => L.multiply(x, y)).get('0') as Tensor);
      expect(slope.toArray()).toEqual([4]);
      return L.multiply(y, L.multiply(x, slope));
    });
    // d(x³ · 4) with the 4 held fixed
    expect(gradient).toEqual([48]);
  });

  on(backend, 'refuses results it cannot differentiate', () => {
    const x = L.tensor([1, 2]);
    coded('SHAPE_MISMATCH', () => L.valueAndGrad([x], () => L.square(x)), /one element/);
    coded('NOT_DIFFERENTIABLE', () => L.valueAndGrad([x], () => L.tensor([1])));
    coded('NOT_DIFFERENTIABLE', () => L.valueAndGrad([x], () => L.sum(L.sign(x))));
    coded('NOT_DIFFERENTIABLE', () => L.valueAndGrad([x], () => L.inference(() => L.sum(x))));
    coded('BAD_ARGUMENT', () => L.valueAndGrad([x], (() => undefined) as unknown as () => Tensor), /returns nothing/);
    coded('BAD_ARGUMENT', () => L.valueAndGrad([x], (() => 3) as unknown as () => Tensor), /returns number/);
  });

  on(backend, 'records nothing in inference', () => {
    const x = L.tensor([2]);
    L.valueAndGrad([x], () => {
      const y = L.inference(() => L.square(x));
      expect(y.node).toBeUndefined();
      expect(L.square(x).node).toBeDefined();
      return L.multiply(x, y);
    });
    expect(L.square(x).node).toBeUndefined();
  });

  on(backend, 'refuses changed parameters', () => {
    const w = new L.Parameter(L.tensor([2]));
    const optimizer = createOptimizer(sgd({ rate: 0.1 }), [['w', w]]);
    coded('TAPE_ACTIVE', () =>
      L.valueAndGrad([w], () => {
        const loss = L.square(w);
        optimizer.step();
        return loss;
      }),
    );
    coded('TAPE_ACTIVE', () =>
      L.valueAndGrad([w], () => {
        w.assign([1]);
        return L.square(w);
      }),
    );
    // Not while recording, but before the way back reads it.
    const changed = () => {
      const loss = L.square(w);
      L.inference(() => w.assign([5]));
      return loss;
    };
    coded('TAPE_ACTIVE', () => L.valueAndGrad([w], changed), /gradient of square/);
    expect(L.valueAndGrad([w], () => L.square(w)).value.item()).toBe(25);
    optimizer.step();
    expect(w.item()).toBeCloseTo(4, 6);
    optimizer.dispose();
    w.dispose();
  });

  on(backend, 'takes operations of the user', () => {
    const scale = L.tensor([2, 4]);
    const cube = L.customOperation(
      'cube',
      (x) => L.multiply(x, L.square(x)),
      (dy, [x], y) => {
        expect(y.toArray()).toEqual([8, 27]);
        // What the function holds besides is still there.
        return [L.multiply(dy, L.multiply(L.square(x), scale))];
      },
    );
    const x = L.tensor([2, 3]);
    expect(gradientOf(x, () => L.sum(cube(x)))).toEqual([8, 36]);
    expect(cube(x).toArray()).toEqual([8, 27]);
    const wrong = L.customOperation('wrong', L.square, () => [L.ones([3])]);
    coded(
      'SHAPE_MISMATCH',
      () => gradientOf(x, () => L.sum(wrong(x))),
      /gradient of wrong.*\[2\] for input 0, got \[3\]/,
    );
    const idle = L.customOperation('idle', L.square, () => [undefined]);
    expect(gradientOf(x, () => L.sum(L.add(idle(x), x)))).toEqual([1, 1]);
  });

  on(backend, 'shows and replaces the gradient that passes', () => {
    const x = L.tensor([3]);
    const seen: L.NestedNumbers[] = [];
    const look = (factor?: number) => (dy: Tensor) => {
      seen.push(dy.toArray());
      return factor === undefined ? undefined : L.multiply(dy, factor);
    };
    expect(gradientOf(x, () => L.square(L.tapGradient(x, look())))).toEqual([6]);
    expect(gradientOf(x, () => L.square(L.tapGradient(x, look(-1))))).toEqual([-6]);
    expect(seen).toEqual([[6], [6]]);
  });
});

describe.each(backends)('checkpoint on $name', ({ backend }) => {
  /** Eight wide layers; gradients of all weights and the most memory in use. */
  const run = (checkpointed: boolean) =>
    withBackend(backend, () =>
      L.scope(() => {
        const random = new Random(3);
        const weights = Array.from({ length: 8 }, () => L.normal([16, 16], { random, std: 0.3 }));
        const x = L.normal([500, 16], { random });
        const bias = L.ones([16]);
        let most = 0;
        const allocate = backend.allocate;
        backend.allocate = (...given) => {
          const storage = allocate.apply(backend, given);
          most = Math.max(most, backend.memory().inUse);
          return storage;
        };
        try {
          const { value, grads } = L.valueAndGrad(weights, () => {
            const shift = L.multiply(bias, 0.5);
            const layer = (weight: Tensor) => (y: Tensor) => {
              const z = L.add(L.linear(y, weight), shift);
              return L.multiply(L.tanh(z), L.sigmoid(L.square(z)));
            };
            let y = x;
            for (const weight of weights) y = checkpointed ? L.checkpoint(layer(weight), y) : layer(weight)(y);
            return L.mean(L.square(y));
          });
          return { most, value: value.item(), gradients: [...grads.values()].map((gradient) => gradient.toArray()) };
        } finally {
          delete (backend as Partial<Backend>).allocate;
        }
      }),
    );

  it('gives the values and gradients of the function itself, in less memory', () => {
    const [plain, checkpointed] = [run(false), run(true)];
    expect(checkpointed.value).toBe(plain.value);
    expect(checkpointed.gradients).toEqual(plain.gradients);
    expect(checkpointed.most).toBeLessThan(0.6 * plain.most);
  });

  on(backend, 'passes gradients to its inputs, nests, and calls the function once without a tape', () => {
    const x = L.tensor([2]);
    let calls = 0;
    const inner = (y: Tensor) => {
      calls++;
      return L.multiply(y, L.square(y));
    };
    const nested = (y: Tensor) => L.checkpoint(inner, L.checkpoint(inner, y));
    expect(gradientOf(x, () => L.checkpoint(nested, x))).toEqual([9 * 256]);
    calls = 0;
    expect(L.checkpoint(inner, x).toArray()).toEqual([8]);
    expect(calls).toBe(1);
    coded('SCOPE_ASYNC', () => gradientOf(x, () => L.checkpoint((async () => x) as unknown as () => Tensor, x)));
  });
});
