/** Who owns a tensor and how long it lives: scopes, views, parameters, backends and element types that do not mix. */
import { describe, expect, it } from 'vitest';
import { withBackend } from '../../src/backends/backend.ts';
import { ReferenceBackend } from '../../src/backends/reference/reference.ts';
import * as L from '../../src/tensor/index.ts';
import { availableBackends } from '../backends.ts';
import { coded } from './coded.ts';

describe.each(await availableBackends())('ownership on $name', ({ backend }) => {
  const on = (name: string, fn: () => void | Promise<void>) =>
    it(name, async () => {
      const { inUse, storages } = backend.memory();
      await L.unscoped(() => withBackend(backend, fn));
      expect(backend.memory()).toMatchObject({ inUse, storages });
    });

  on('a scope frees all but what it returns, however deep in arrays, maps and objects', () => {
    let lost: L.Tensor | undefined;
    const kept = L.scope(() => {
      lost = L.ones([2]);
      return { list: [L.add(lost, 1)], map: new Map([['x', L.add(lost, 2)]]), number: 7 };
    });
    expect(lost?.isFreed).toBe(true);
    expect(kept.list[0].toArray()).toEqual([2, 2]);
    expect(kept.map.get('x')?.toArray()).toEqual([3, 3]);
    for (const tensor of [kept.list[0], kept.map.get('x')]) tensor?.dispose();
  });

  on('what an inner scope returns belongs to the outer one', () => {
    let inner: L.Tensor | undefined;
    L.scope(() => {
      inner = L.scope(() => L.ones([3]));
      expect(inner.isFreed).toBe(false);
    });
    expect(inner?.isFreed).toBe(true);
  });

  on('a view keeps the memory of a tensor that is freed', () => {
    const view = L.scope(() => L.slice(L.tensor([1, 2, 3]), 0, 1));
    expect(view.toArray()).toEqual([2, 3]);
    view.dispose();
    view.dispose();
  });

  on('a freed tensor is refused by name', async () => {
    const x = L.ones([2]);
    x.dispose();
    L.scope(() => {
      coded('TENSOR_FREED', () => L.exp(x), /^exp: .*\[2\]/);
      coded('TENSOR_FREED', () => L.add(L.ones([2]), x), /^add: /);
      coded('TENSOR_FREED', () => L.unsqueeze(x, 0));
      coded('TENSOR_FREED', () => x.dataSync());
      coded('TENSOR_FREED', () => x.toArray());
      coded('TENSOR_FREED', () => x.view([2], [1]));
    });
    await expect(x.data()).rejects.toMatchObject({ code: 'TENSOR_FREED' });
  });

  on('an error in a scope frees what was made', () => {
    expect(() =>
      L.scope(() => {
        L.ones([5]);
        throw new RangeError('mine');
      }),
    ).toThrow(RangeError);
  });

  on('a scope refuses asynchronous functions', () => {
    const later = async () => L.ones([1]);
    coded('SCOPE_ASYNC', () => L.scope(later));
    coded('SCOPE_ASYNC', () => L.valueAndGrad([], later as unknown as () => L.Tensor));
    const held = new L.Scope();
    coded('SCOPE_ASYNC', () => held.run(later));
    held.close();
  });

  on('a Scope serves code that awaits, and leaves tensors of others alone', async () => {
    const held = new L.Scope();
    const x = held.run(() => L.tensor([1, 2]));
    const data = await x.data();
    const foreign = withBackend(backend, () => L.ones([1]));
    const y = withBackend(backend, () => held.run(() => L.multiply(x, 3)));
    expect([...data, ...(await y.data())]).toEqual([1, 2, 3, 6]);
    held.close();
    expect([x.isFreed, y.isFreed, foreign.isFreed]).toEqual([true, true, false]);
    coded('TENSOR_FREED', () => held.run(() => 1));
    foreign.dispose();
  });

  on('a Scope is Disposable, for `using`', () => {
    const held = new L.Scope();
    const x = held.run(() => L.ones([1]));
    held[Symbol.dispose]();
    expect(x.isFreed).toBe(true);
  });

  on('parameters belong to no scope', () => {
    const parameter = L.scope(() => new L.Parameter(L.ones([2])));
    expect(parameter.toArray()).toEqual([1, 1]);
    parameter.dispose();
    coded('TENSOR_FREED', () => parameter.assign([1, 2]));
  });

  on('the shape a tensor was made with can change afterwards', () => {
    const shape = [2, 3];
    L.scope(() => {
      const x = L.tensor([1, 2, 3, 4, 5, 6], { shape });
      shape[0] = 1000;
      expect(L.exp(x).shape).toEqual([2, 3]);
    });
  });

  on('nothing is promoted', () => {
    L.scope(() => {
      const [f, i, u] = [L.ones([2]), L.ones([2], { dtype: 'i32' }), L.ones([2], { dtype: 'u8' })];
      for (const fn of [L.add, L.multiply, L.equal, L.minimum]) {
        for (const [a, b] of [
          [f, i],
          [i, f],
          [f, u],
          [i, u],
          [u, u],
        ])
          coded('DTYPE_MISMATCH', () => fn(a, b));
        coded('DTYPE_MISMATCH', () => fn(i, 0.5));
        coded('DTYPE_MISMATCH', () => fn(i, 2 ** 31));
      }
      expect([L.add(f, 1).dtype, L.add(i, 1).dtype, L.subtract(1, i).dtype]).toEqual(['f32', 'i32', 'i32']);
    });
  });

  on('tensors of two backends do not meet', () => {
    const other = withBackend(new ReferenceBackend(), () => L.ones([2]));
    L.scope(() => {
      const x = L.ones([2]);
      coded('BACKEND_MIXED', () => L.add(x, other));
      coded('BACKEND_MIXED', () => L.concat([other, x]));
      coded('BACKEND_MIXED', () =>
        L.attention(L.ones([1, 1, 1, 1]), L.ones([1, 1, 1, 1]), L.reshape(L.slice(other, 0, 1), [1, 1, 1, 1])),
      );
    });
    other.dispose();
  });
});
