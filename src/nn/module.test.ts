import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Backend, setBackend } from '../backends/backend.ts';
import { ReferenceBackend } from '../backends/reference/reference.ts';
import { LookbackError } from '../errors.ts';
import { Random } from '../random.ts';
import { scope, slice, tensor } from '../tensor/index.ts';
import { Conv1d, type Conv1dOptions, Dropout, Embedding, Linear, Module, Sequential } from './index.ts';

let before: Backend | undefined;
beforeAll(() => {
  before = setBackend(new ReferenceBackend({ float64: true }));
});
afterAll(() => {
  setBackend(before);
});

class Tied extends Module {
  readonly embedding: Embedding;
  readonly blocks: Linear[];
  readonly head: Linear;

  constructor(random = new Random(1)) {
    super();
    this.embedding = new Embedding(5, 4, { random: random.split('embedding') });
    this.blocks = [0, 1].map((i) => new Linear(4, 4, { random: random.split(`blocks.${i}`) }));
    this.head = new Linear(4, 5, { random, bias: false, tied: this.embedding.weight });
  }
}

describe('Module', () => {
  it('names parameters by their path, tied ones once', () => {
    const model = new Tied();
    expect(model.namedParameters().map(([name]) => name)).toEqual([
      'embedding.weight',
      'blocks.0.weight',
      'blocks.0.bias',
      'blocks.1.weight',
      'blocks.1.bias',
    ]);
    expect(model.parameterCount()).toBe(20 + 2 * (16 + 4));
  });

  it('moves a state from one model to another', () => {
    const from = new Tied(new Random(1));
    const to = new Tied(new Random(2));
    expect(to.stateDict()).not.toEqual(from.stateDict());
    to.loadStateDict(from.stateDict());
    expect(to.stateDict()).toEqual(from.stateDict());
  });

  it('lists everything that does not fit and changes nothing', () => {
    const model = new Tied();
    const state = new Tied(new Random(2)).stateDict();
    const untouched = model.stateDict();
    state.delete('blocks.0.bias');
    state.set('stranger', { shape: [1], data: new Float32Array(1) });
    state.set('blocks.1.weight', { shape: [2, 4], data: new Float32Array(8) });
    let message = '';
    try {
      model.loadStateDict(state);
    } catch (error) {
      if (error instanceof LookbackError && error.code === 'STATE_MISMATCH') message = error.message;
    }
    expect(message).toContain('missing: blocks.0.bias');
    expect(message).toContain('unexpected: stranger');
    expect(message).toContain('blocks.1.weight [2, 4] where the model has [4, 4]');
    expect(model.stateDict()).toEqual(untouched);
    state.delete('blocks.1.weight');
    expect(() => model.loadStateDict(state, { strict: false })).not.toThrow();
  });

  it('passes train and eval down', () => {
    const model = new Sequential(new Linear(2, 2, { random: new Random(1) }), new Dropout(0.5));
    expect(
      model
        .eval()
        .modules()
        .map((m) => m.training),
    ).toEqual([false, false, false]);
    expect(
      model
        .train()
        .modules()
        .every((m) => m.training),
    ).toBe(true);
  });

  it('adding a layer changes no other layer', () => {
    const make = (layers: number) =>
      Array.from({ length: layers }, (_, i) => new Linear(3, 3, { random: new Random(7).split(String(i)) }));
    expect(make(3)[1].weight.dataSync()).toEqual(make(2)[1].weight.dataSync());
  });
});

describe('Dropout', () => {
  it('keeps the mean, repeats for the same stream, differs by path, and rests after eval', () => {
    scope(() => {
      const layer = new Dropout(0.25);
      const x = tensor(new Float32Array(4000).fill(1));
      const at = (path: string) => Array.from(layer.forward(x, { random: new Random(3, 'step 1'), path }).dataSync());
      const a = at('a.');
      expect(a.filter((v) => v === 0).length / 4000).toBeCloseTo(0.25, 1);
      expect(a.reduce((sum, v) => sum + v, 0) / 4000).toBeCloseTo(1, 1);
      expect(at('a.')).toEqual(a);
      expect(at('b.')).not.toEqual(a);
      expect(() => layer.forward(x)).toThrow(/eval\(\)/);
      expect(layer.eval().forward(x)).toBe(x);
    });
  });
});

describe('Conv1d and Sequential', () => {
  const convolution = (options: Partial<Conv1dOptions> = {}) =>
    new Conv1d(2, 4, 3, { random: new Random(1), dilation: 2, ...options });

  it('a causal stack sees its receptive field and no more', () => {
    scope(() => {
      const second = new Conv1d(4, 1, 2, { random: new Random(2) });
      const net = new Sequential(convolution(), second);
      const output = (changed: number) => {
        const values = Float64Array.from({ length: 2 * 10 }, (_, i) => (i >> 1 === changed ? 1 : 0.1 * i));
        return net.forward(tensor(values, { shape: [1, 10, 2] })).dataSync();
      };
      const plain = output(-1);
      // Step 9 sees 1 + 2·2 + 1 = 6 steps, of which the dilated taps reach 4 to 9.
      const seen = Array.from({ length: 10 }, (_, t) => output(t)[9] !== plain[9]);
      expect(seen).toEqual([false, false, false, false, true, true, true, true, true, true]);
      expect(output(9).slice(0, 9)).toEqual(plain.slice(0, 9));
    });
  });

  it('depthwise filters do not mix channels; a tap sees each layer', () => {
    scope(() => {
      const layer = new Conv1d(2, 2, 3, { random: new Random(1), depthwise: true });
      expect(layer.weight.shape).toEqual([2, 1, 3]);
      const channel = (first: number, index: number) =>
        slice(
          layer.forward(
            tensor([
              [
                [first, 2],
                [first, 3],
              ],
            ]),
          ),
          2,
          index,
          index + 1,
        ).dataSync();
      expect(channel(1, 1)).toEqual(channel(5, 1));
      expect(channel(1, 0)).not.toEqual(channel(5, 0));
      const names: string[] = [];
      const net = new Sequential(new Linear(2, 2, { random: new Random(1) }), new Dropout(0));
      net.forward(tensor([[1, 2]]), { tap: { activation: (name) => void names.push(name) } });
      expect(names).toEqual(['layers.0.output', 'layers.1.output']);
    });
  });
});
