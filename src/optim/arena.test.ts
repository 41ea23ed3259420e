import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Backend, getBackend, setBackend } from '../backends/backend.ts';
import { ReferenceBackend } from '../backends/reference/reference.ts';
import { Parameter, tensor } from '../tensor/tensor.ts';
import { Arena } from './arena.ts';

let before: Backend | undefined;
beforeEach(() => {
  before = setBackend(new ReferenceBackend());
});
afterEach(() => {
  setBackend(before);
});

const matrix = () =>
  new Parameter(
    tensor([
      [1, 2, 3],
      [4, 5, 6],
    ]),
  );
const vector = (count: number) => new Parameter(tensor(Array.from({ length: count }, (_, i) => i + 10)));

describe('Arena', () => {
  it('keeps values, puts decayed parameters first, and aligns each to 16 elements', () => {
    const [bias, weight, long, scalar] = [vector(3), matrix(), vector(17), new Parameter(tensor(5), { decay: true })];
    const arena = new Arena([
      ['bias', bias],
      ['weight', weight],
      ['long', long],
      ['scalar', scalar],
    ]);
    expect(arena.segments).toEqual([
      { offset: 0, count: 32, decay: true },
      { offset: 32, count: 48, decay: false },
    ]);
    expect([weight, scalar, bias, long].map(({ slot }) => slot?.offset)).toEqual([0, 16, 32, 48]);
    expect(weight.toArray()).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect(bias.toArray()).toEqual([10, 11, 12]);
    expect([...arena.values.dataSync().slice(0, 17)]).toEqual([1, 2, 3, 4, 5, 6, ...new Array(10).fill(0), 5]);
    expect(new Set(arena.gradients.dataSync())).toEqual(new Set([0]));
  });

  it('keeps a tied parameter once, under its first name', () => {
    const shared = matrix();
    const arena = new Arena([
      ['embedding', shared],
      ['head', shared],
    ]);
    expect([...arena.export().keys()]).toEqual(['embedding']);
    expect(arena.count).toBe(16);
  });

  it('exports and imports slices, of any block, and counts the change', () => {
    const parameters = [
      ['weight', matrix()],
      ['bias', vector(3)],
    ] as const;
    const arena = new Arena(parameters);
    const block = arena.zeros();
    const version = block.storage.version;
    arena.import(arena.export(), block);
    expect(block.storage.version).toBe(version + 1);
    expect(arena.export(block).get('bias')?.toArray()).toEqual([10, 11, 12]);
    arena.import(
      new Map([
        ['weight', { shape: [2, 3], data: [6, 5, 4, 3, 2, 1] }],
        ['bias', { shape: [3], data: [0, 0, 1] }],
      ]),
    );
    expect(parameters[0][1].toArray()).toEqual([
      [6, 5, 4],
      [3, 2, 1],
    ]);
    expect([...arena.values.dataSync()].reduce((a, b) => a + b)).toBe(22);
  });

  it('gives all memory back', () => {
    const start = getBackend().memory().storages;
    const value = tensor([[1, 2]]);
    const parameter = new Parameter(value);
    value.dispose();
    const arena = new Arena([['p', parameter]]);
    expect(getBackend().memory().storages).toBe(start + 2);
    arena.dispose();
    expect(parameter.toArray()).toEqual([[1, 2]]);
    parameter.dispose();
    expect(getBackend().memory().storages).toBe(start);
  });

  it('refuses other types and mixed backends', () => {
    const integer = new Parameter(tensor(Int32Array.of(1, 2)));
    expect(() => new Arena([['ids', integer]])).toThrow(/ids of type f32/);
    const here = matrix();
    setBackend(new ReferenceBackend({ float64: true }));
    const there = matrix();
    expect(
      () =>
        new Arena([
          ['a', here],
          ['b', there],
        ]),
    ).toThrow(/b on reference-f64/);
  });
});
