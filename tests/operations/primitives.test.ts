/** The public functions around the records: values by hand, arguments, edge cases, errors, memory. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { setBackend } from '../../src/backends/backend.ts';
import { ReferenceBackend } from '../../src/backends/reference/reference.ts';
import type { ErrorCode } from '../../src/errors.ts';
import { Random } from '../../src/random.ts';
import * as L from '../../src/tensor/index.ts';
import { tensor } from '../../src/tensor/index.ts';
import type { Operation } from '../../src/tensor/operation.ts';
import { type Case, gradientError } from './check.ts';

const backend = new ReferenceBackend();
beforeAll(() => void setBackend(backend));
afterAll(() => void setBackend(undefined));

const i32 = { dtype: 'i32' } as const;
const counted = (...shape: number[]) =>
  L.reshape(
    L.range(
      0,
      shape.reduce((a, b) => a * b, 1),
      1,
      { dtype: 'f32' },
    ),
    shape,
  );

function expectCode(code: ErrorCode, fn: () => unknown): void {
  expect(fn).toThrow(expect.objectContaining({ code }));
}

describe('arithmetic', () => {
  it('takes numbers on either side in the type of the tensor', () => {
    const x = tensor([1, 2, 4]);
    expect(L.subtract(1, x).toArray()).toEqual([0, -1, -3]);
    expect(L.divide(8, x).toArray()).toEqual([8, 4, 2]);
    expect(x.sub(1).div(2).toArray()).toEqual([0, 0.5, 1.5]);
    expect(L.minimum(x, 3).toArray()).toEqual([1, 2, 3]);
    expect(tensor([7, -7], i32).div(2).toArray()).toEqual([3, -4]);
    expect(tensor([7, -7], i32).add(1).dtype).toBe('i32');
  });

  it('promotes nothing', () => {
    expectCode('DTYPE_MISMATCH', () => L.add(tensor([1]), tensor([1], i32)));
    expectCode('DTYPE_MISMATCH', () => L.add(tensor([1], i32), 0.5));
    expectCode('DTYPE_MISMATCH', () => L.exp(tensor([1], i32)));
    expectCode('SHAPE_MISMATCH', () => L.add(counted(2, 3), counted(2)));
    expectCode('BAD_ARGUMENT', () => L.add(1, 2));
    expectCode('BAD_ARGUMENT', () => L.clamp(tensor([1]), 2, 1));
  });

  it('chooses by conditions', () => {
    const x = tensor([-1, 0, 2]);
    expect(L.where(x.greater(0), x, 9).toArray()).toEqual([9, 9, 2]);
    expect(L.logicalOr(x.less(0), L.logicalNot(x.notEqual(2))).toArray()).toEqual([1, 0, 1]);
    expect(L.logicalAnd(x.lessEqual(0), x.greaterEqual(0)).dtype).toBe('u8');
    expectCode('DTYPE_MISMATCH', () => L.where(x, x, x));
  });
});

describe('reductions', () => {
  it('reduce any axes', () => {
    const x = counted(2, 3, 2);
    expect(x.sum(1).toArray()).toEqual([
      [6, 9],
      [24, 27],
    ]);
    expect(x.sum([0, -1]).toArray()).toEqual([14, 22, 30]);
    expect(x.sum([0, 1], { keepDims: true }).toArray()).toEqual([[[30, 36]]]);
    expect(x.mean(0).toArray()).toEqual([
      [3, 4],
      [5, 6],
      [7, 8],
    ]);
    expect(x.max([0, 2]).toArray()).toEqual([7, 9, 11]);
    expect(x.argmin(1, { keepDims: true }).shape).toEqual([2, 1, 2]);
    expect(
      tensor([
        [3, 1],
        [1, 3],
      ])
        .argmax(0)
        .toArray(),
    ).toEqual([0, 1]);
    expect(x.sum([]).toArray()).toEqual(x.toArray());
    expect(tensor([1, 2, 4]).variance(undefined, { correction: 1 }).item()).toBeCloseTo(7 / 3, 6);
    expectCode('BAD_ARGUMENT', () => x.sum(3));
    expectCode('BAD_ARGUMENT', () => x.sum([0, -3]));
  });

  it('know what nothing is', () => {
    const none = L.zeros([0, 3]);
    expect(none.sum(0).toArray()).toEqual([0, 0, 0]);
    expect(none.mean(0).toArray()).toEqual([NaN, NaN, NaN]);
    expect(none.sum(1).shape).toEqual([0]);
    expect(L.logSumExp(none).item()).toBe(-Infinity);
    expectCode('BAD_ARGUMENT', () => none.max(0));
    expectCode('BAD_ARGUMENT', () => none.argmax(0));
  });

  it('stay finite for large values', () => {
    expect(L.logSumExp(tensor([1000, 1000])).item()).toBeCloseTo(1000.6931, 3);
    expect(L.softmax(tensor([1000, -1000])).toArray()).toEqual([1, 0]);
  });
});

describe('views', () => {
  it('share memory where strides allow', () => {
    const x = counted(2, 3, 4);
    const [, right] = L.split(x, 2, 2);
    expect(right.reshape([2, 3, 2, 1]).storage).toBe(x.storage);
    expect(x.transpose(0, 1).reshape([3, 2, 2, 2]).storage).toBe(x.storage);
    expect(right.reshape([6, 2]).storage).toBe(x.storage);
    expect(right.reshape([3, 4]).storage).not.toBe(x.storage);
    expect(right.reshape([3, -1]).toArray()).toEqual([
      [2, 3, 6, 7],
      [10, 11, 14, 15],
      [18, 19, 22, 23],
    ]);
    expect(x.transpose(0, 1).reshape([6, 4]).slice(0, 1, 2).toArray()).toEqual([[12, 13, 14, 15]]);
    expect(x.expand([5, 2, 3, 4]).storage).toBe(x.storage);
  });

  it('count bounds and axes from the end', () => {
    const x = counted(6);
    expect(x.slice(0, -2).toArray()).toEqual([4, 5]);
    expect(x.slice(-1, 1, -1, 2).toArray()).toEqual([1, 3]);
    expect(x.slice(0, 4, 2).shape).toEqual([0]);
    expect(x.slice(0, 0, 99).shape).toEqual([6]);
    expect(x.unsqueeze(-1).shape).toEqual([6, 1]);
    expect(x.unsqueeze(0).squeeze().shape).toEqual([6]);
    expect(counted(2, 3, 4).flatten(1).shape).toEqual([2, 12]);
    expect(counted(2, 3, 4).permute([-1, 0, 1]).shape).toEqual([4, 2, 3]);
  });

  it('refuse what does not fit', () => {
    const x = counted(2, 3);
    expectCode('SHAPE_MISMATCH', () => x.reshape([4, 2]));
    expectCode('SHAPE_MISMATCH', () => x.reshape([-1, -1]));
    expectCode('SHAPE_MISMATCH', () => x.reshape([-1, 0]));
    expectCode('SHAPE_MISMATCH', () => x.expand([2, 4]));
    expectCode('SHAPE_MISMATCH', () => x.squeeze(0));
    expectCode('SHAPE_MISMATCH', () => L.split(x, [1, 1], 1));
    expectCode('SHAPE_MISMATCH', () => L.split(x, 2, 1));
    expectCode('BAD_ARGUMENT', () => x.permute([0, 0]));
    expectCode('BAD_ARGUMENT', () => x.slice(0, 0, 2, 0));
  });
});

describe('joining, indexing and matrix products', () => {
  it('join', () => {
    expect(L.stack([tensor([1, 2]), tensor([3, 4])], -1).toArray()).toEqual([
      [1, 3],
      [2, 4],
    ]);
    expect(L.pad(tensor([[1], [2]], i32), 1, 1, 2, 7).toArray()).toEqual([
      [7, 1, 7, 7],
      [7, 2, 7, 7],
    ]);
    expectCode('BAD_ARGUMENT', () => L.concat([]));
    expectCode('BAD_ARGUMENT', () => L.pad(tensor([1]), 0, -1, 0));
    expectCode('SHAPE_MISMATCH', () => L.concat([counted(2, 2), counted(2, 3)]));
    expectCode('DTYPE_MISMATCH', () => L.concat([tensor([1]), tensor([1], i32)]));
  });

  it('index', () => {
    const x = counted(2, 3);
    expect(L.gather(x, tensor([[2], [0]], i32), 1).toArray()).toEqual([[2], [3]]);
    expect(L.scatterAdd(L.zeros([1, 3]), tensor([[1, 1]], i32), tensor([[2, 3]]), 1).toArray()).toEqual([[0, 5, 0]]);
    expect(L.oneHot(tensor([1, 0], i32), 2).toArray()).toEqual([
      [0, 1],
      [1, 0],
    ]);
    expect(L.embedding(x, tensor([[1]], i32)).toArray()).toEqual([[[3, 4, 5]]]);
    expectCode('INDEX_OUT_OF_RANGE', () => L.embedding(x, tensor([2], i32)));
    expectCode('INDEX_OUT_OF_RANGE', () => L.gather(x, tensor([[-1], [0]], i32), 1));
    expectCode('INDEX_OUT_OF_RANGE', () => L.oneHot(tensor([3], i32), 3));
    expectCode('DTYPE_MISMATCH', () => L.embedding(x, tensor([1])));
  });

  it('multiply vectors and matrices as numpy does', () => {
    const m = counted(2, 3);
    const v = tensor([1, 0, 2]);
    expect(L.matmul(m, v).toArray()).toEqual([4, 13]);
    expect(L.matmul(tensor([1, 1]), m).toArray()).toEqual([3, 5, 7]);
    expect(L.matmul(v, v).shape).toEqual([]);
    expect(L.matmul(counted(4, 2, 3), v).shape).toEqual([4, 2]);
    expect(L.matmul(v, counted(4, 3, 2)).shape).toEqual([4, 2]);
    expect(L.matmul(L.zeros([2, 0]), L.zeros([0, 2])).toArray()).toEqual([
      [0, 0],
      [0, 0],
    ]);
    expectCode('SHAPE_MISMATCH', () => L.matmul(m, m));
    expectCode('SHAPE_MISMATCH', () => L.matmul(m, L.full([], 1)));
  });
});

describe('creation', () => {
  it('counts and masks', () => {
    expect(L.range(3).toArray()).toEqual([0, 1, 2]);
    expect(L.range(3).dtype).toBe('i32');
    expect(L.range(1, 0, -0.5, { dtype: 'f32' }).toArray()).toEqual([1, 0.5]);
    expect(L.tril(2, 3).toArray()).toEqual([
      [1, 0, 0],
      [1, 1, 0],
    ]);
    expect(L.triu(2, 2, 1).toArray()).toEqual([
      [0, 1],
      [0, 0],
    ]);
    expect(L.onesLike(tensor([5, 6], i32)).dtype).toBe('i32');
    expectCode('BAD_ARGUMENT', () => L.range(0, 1, 0.5));
    expectCode('BAD_ARGUMENT', () => L.zeros([-1]));
  });

  it('draws the same numbers from the same seed, on any backend', () => {
    const draw = () => L.normal([3, 2], { random: new Random(1, 'a') }).toArray();
    const first = draw();
    expect(draw()).toEqual(first);
    const before = setBackend(new ReferenceBackend({ float64: true }));
    expect(draw()).toEqual(first);
    setBackend(before);
    expect([...L.permutation(5, { random: new Random(2) }).dataSync()].sort()).toEqual([0, 1, 2, 3, 4]);
  });

  it('draws classes in proportion to softmax(logits)', () => {
    const n = 4000;
    const logits = L.expand(tensor([0, Math.log(3), -Infinity]), [n, 3]);
    const classes = L.categorical(logits, { random: new Random(3) });
    const share = classes.to('f32').mean().item();
    expect(share).toBeGreaterThan(0.72);
    expect(share).toBeLessThan(0.78);
    expect(L.max(classes.to('f32')).item()).toBe(1);
  });
});

describe('gradients of the functions around the records', () => {
  const functions: Record<string, [readonly number[][], (...inputs: L.Tensor[]) => L.Tensor]> = {
    'sum of a middle axis': [[[2, 3, 2]], (x) => L.sum(L.square(x), 1)],
    'mean of outer axes': [[[2, 3, 2]], (x) => L.mean(L.square(x), [0, 2], { keepDims: true })],
    'max of the first axis': [[[4, 3]], (x) => L.max(x, 0)],
    'unbiased variance': [[[3, 4]], (x) => L.variance(x, 0, { correction: 1 })],
    'softmax of the first axis': [[[3, 4]], (x) => L.softmax(x, 0)],
    'cumulative sum of the first axis': [[[3, 4]], (x) => L.square(L.cumulativeSum(x, 0, { reverse: true }))],
    'vector times matrix': [[[3], [3, 2]], (v, m) => L.matmul(v, m)],
    'batched matrix times vector': [[[2, 2, 3], [3]], (m, v) => L.matmul(m, v)],
    'number minus tensor': [[[3]], (x) => L.subtract(2, L.square(x))],
    'number over tensor': [[[3]], (x) => L.divide(2, L.add(x, 2))],
    'a tensor used twice': [[[3]], (x) => L.multiply(L.multiply(x, x), L.add(x, x))],
    stack: [[[2], [2]], (a, b) => L.square(L.stack([a, b], 1))],
    'copying reshape': [[[2, 3]], (x) => L.square(L.reshape(L.transpose(x), [2, 3]))],
    'one part of a split': [[[2, 4]], (x) => L.square(L.split(x, 2, 1)[1])],
  };

  it.each(Object.entries(functions))('%s', (name, [shapes, fn]) => {
    expect(
      gradientError(
        caseOf(name, shapes, (inputs) => fn(...inputs)),
        'strided',
      ),
    ).toBeLessThan(1e-6);
  });

  it('a wrong gradient is noticed', () => {
    const wrong = L.customOperation(
      'wrong',
      (x) => L.square(x),
      (dy, [x]) => [L.multiply(dy, x)],
    );
    expect(
      gradientError(
        caseOf('wrong', [[3]], ([x]) => wrong(x)),
        'contiguous',
      ),
    ).toBeGreaterThan(0.1);
  });

  function caseOf(name: string, shapes: readonly number[][], fn: (inputs: readonly L.Tensor[]) => L.Tensor): Case {
    // The reference backend runs the decomposition, so the record's own gradient is never asked.
    const operation: Operation<unknown> = {
      name,
      family: 'test',
      summary: name,
      infer: () => [],
      decompose: (inputs) => [fn(inputs)],
      gradient: () => [],
    };
    const random = new Random(5, name);
    const inputs = shapes.map((shape) => ({
      shape,
      dtype: 'f32' as const,
      values: Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.uniform(-1, 1)),
      differentiable: true,
    }));
    return { operation, sample: 0, attributes: undefined, inputs };
  }
});

it('adds up the gradients of a parameter that is used twice, in its arena and outside', () => {
  const used = (slot: boolean) => {
    const x = new L.Parameter(
      tensor([
        [1, 2],
        [3, 4],
      ]),
    );
    if (slot) x.slot = { gradients: L.full([6], Number.NaN), offset: 1 };
    const loss = () =>
      L.sum(L.add(L.matmul(tensor([[1, -1]]), x), L.sum(L.square(L.embedding(x, tensor([1, 1], i32))), 0)));
    return L.valueAndGrad([x], loss).grads.get('0')?.toArray();
  };
  expect(used(true)).toEqual([
    [1, 1],
    [11, 15],
  ]);
  expect(used(false)).toEqual([
    [1, 1],
    [11, 15],
  ]);
});

it('leaves nothing behind but results', () => {
  const before = backend.memory().storages;
  L.scope(() => {
    const x = counted(3, 4).transpose();
    const { grads } = L.valueAndGrad([x], () => L.sum(L.divide(2, L.add(L.softmax(x, 0), L.maximum(x, 0.5)))));
    expect(grads.size).toBe(1);
  });
  expect(backend.memory().storages).toBe(before);
});
