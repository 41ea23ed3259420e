import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Backend, setBackend } from '../backends/backend.ts';
import { ReferenceBackend } from '../backends/reference/reference.ts';
import { exp, tanh } from '../math.ts';
import { Random } from '../random.ts';
import { mean, normal, scope, slice, square, type Tensor, valueAndGrad } from '../tensor/index.ts';
import { GRU, LSTM, type Recurrent, RNN } from './index.ts';

let before: Backend | undefined;
beforeAll(() => {
  before = setBackend(new ReferenceBackend({ float64: true }));
});
afterAll(() => {
  setBackend(before);
});

const sigmoid = (x: number) => 1 / (1 + exp(-x));

/** One step by hand for B = 1: the pre-activations W x + b and U h + b'. */
function parts(net: Recurrent, layer: number, x: number[], h: number[]): { input: number[]; recurrent: number[] } {
  const { inputWeight, recurrentWeight, inputBias, recurrentBias } = net.layers[layer];
  const product = (W: Tensor, b: Tensor, v: number[]) => {
    const w = W.dataSync();
    return Array.from(b.dataSync(), (bias, row) =>
      v.reduce((sum, value, k) => sum + w[row * v.length + k] * value, bias),
    );
  };
  return { input: product(inputWeight, inputBias, x), recurrent: product(recurrentWeight, recurrentBias, h) };
}

function unrolled(net: Recurrent, kind: 'rnn' | 'lstm' | 'gru', xs: number[][]): number[][] {
  const H = net.hidden;
  let series = xs;
  net.layers.forEach((_, layer) => {
    let h = new Array<number>(H).fill(0);
    let c = [...h];
    series = series.map((x) => {
      const { input: a, recurrent: b } = parts(net, layer, x, h);
      if (kind === 'rnn') h = h.map((_, j) => tanh(a[j] + b[j]));
      else if (kind === 'lstm') {
        const gate = (g: number, j: number) => a[g * H + j] + b[g * H + j];
        c = c.map((old, j) => sigmoid(gate(1, j)) * old + sigmoid(gate(0, j)) * tanh(gate(2, j)));
        h = h.map((_, j) => sigmoid(gate(3, j)) * tanh(c[j]));
      } else {
        h = h.map((old, j) => {
          const r = sigmoid(a[j] + b[j]);
          const z = sigmoid(a[H + j] + b[H + j]);
          return (1 - z) * tanh(a[2 * H + j] + r * b[2 * H + j]) + z * old;
        });
      }
      return h;
    });
  });
  return series;
}

const kinds = [
  ['rnn', RNN],
  ['lstm', LSTM],
  ['gru', GRU],
] as const;

describe.each(kinds)('%s', (kind, Net) => {
  const make = () => new Net(3, 4, { layers: 2, random: new Random(5) });

  it('equals its equations, unrolled by hand', () => {
    scope(() => {
      const net = make();
      const x = normal([1, 5, 3], { random: new Random(6) });
      const xs = Array.from({ length: 5 }, (_, t) => [...x.dataSync().slice(t * 3, t * 3 + 3)]);
      const expected = unrolled(net, kind, xs).flat();
      const { output, state } = net.forward(x);
      [...output.dataSync()].forEach((v, i) => {
        expect(v).toBeCloseTo(expected[i], 10);
      });
      [...state[1].hidden.dataSync()].forEach((v, i) => {
        expect(v).toBeCloseTo(expected[16 + i], 10);
      });
    });
  });

  it('continues from a state as if it had never stopped', () => {
    scope(() => {
      const net = make();
      const x = normal([2, 6, 3], { random: new Random(6) });
      const whole = net.forward(x).output.dataSync();
      const first = net.forward(slice(x, 1, 0, 2));
      const rest = net.forward(slice(x, 1, 2, 6), { state: first.state });
      expect(rest.output.dataSync().slice(-4)).toEqual(whole.slice(-4));
      expect(() => net.forward(x, { state: [first.state[0]] })).toThrow(/2 states/);
    });
  });

  it('shows gates, outputs and the gradient that reaches each step', () => {
    scope(() => {
      const net = make();
      const x = normal([2, 6, 3], { random: new Random(6) });
      const seen = new Map<string, readonly number[]>();
      const reached = new Map<string, ArrayLike<number>>();
      const tap = {
        activation: (name: string, value: Tensor) => void seen.set(name, value.shape),
        gradient: (name: string, gradient: Tensor) => {
          reached.set(name, gradient.dataSync());
        },
      };
      valueAndGrad(net, () => mean(square(slice(net.forward(x, { tap }).output, 1, 5, 6))));
      expect(seen.get(`${kind}.0.output`)).toEqual([2, 6, 4]);
      if (kind === 'lstm') expect(seen.get('lstm.1.gates')).toEqual([2, 6, 16]);
      if (kind === 'lstm') expect(seen.get('lstm.1.cells')).toEqual([2, 6, 4]);
      if (kind === 'gru') expect(seen.get('gru.0.gates')).toEqual([2, 6, 12]);
      // From above only the last step gets a gradient; through time the state of the first one does too.
      const above = Array.from(reached.get(`${kind}.1.output`) ?? []);
      const state = Array.from(reached.get(`${kind}.1.state`) ?? []);
      expect(above.slice(0, 20).every((v) => v === 0)).toBe(true);
      expect(state.slice(0, 4).some((v) => v !== 0)).toBe(true);
      expect(state.slice(20, 24)).toEqual(above.slice(20, 24));
    });
  });
});

describe('LSTM', () => {
  it('runs both ways: the reverse half is the forward pass over reversed time', () => {
    scope(() => {
      const net = new LSTM(3, 4, { bidirectional: true, random: new Random(5) });
      const single = new LSTM(3, 4, { random: new Random(5) });
      const x = normal([1, 5, 3], { random: new Random(6) });
      const both = net.forward(x);
      expect(both.output.shape).toEqual([1, 5, 8]);
      expect(both.state).toHaveLength(2);
      const onward = single.forward(x).output.dataSync();
      expect(slice(both.output, 2, 0, 4).dataSync()).toEqual(onward);
      // The reverse direction's state is its output at the first step.
      const first = slice(slice(both.output, 1, 0, 1), 2, 4, 8);
      expect(first.dataSync()).toEqual(both.state[1].hidden.dataSync());
      valueAndGrad(net, () => mean(square(net.forward(x).output))).grads.forEach((gradient) => {
        expect(gradient.dataSync().some((v) => v !== 0)).toBe(true);
      });
    });
  });

  it('starts with forget gates biased by 1', () => {
    const { inputBias, recurrentBias } = new LSTM(3, 4, { random: new Random(5) }).layers[0];
    expect([...inputBias.dataSync().slice(4, 8)]).toEqual([1, 1, 1, 1]);
    expect([...recurrentBias.dataSync().slice(4, 8)]).toEqual([0, 0, 0, 0]);
  });
});
