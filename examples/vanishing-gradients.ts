/**
 * Why plain RNNs forget: on its way back through time the gradient meets the same matrix at every step.
 *
 * The state gradient k steps before the end, as a multiple of what it is one step before. In a plain RNN near rest it goes
 * as (spectral radius)^k: it vanishes below 1 and explodes above. LSTM and GRU carry it along their additive path, where
 * a step multiplies by a gate σ(b) instead: b = 4.6, forgetting a hundredth a step, keeps it alive for 100 steps (the
 * LSTM's input gate takes -b, so that it lets in as little as it forgets: Tallec and Ollivier 2018). The customary b = 1
 * does not. Lecture: vanishing and exploding gradients.
 */
import * as lookback from '../src/index.ts';
import { GRU, LSTM, Random, type Recurrent, RNN, type Tensor } from '../src/index.ts';
import { type Print, runAlone, table } from './entry.ts';

const [I, H, T] = [4, 32, 102];
const distances = [5, 10, 20, 50, 100];

/** Recurrent matrices orthogonal times `radius`, and the biases given, one a gate. */
function prepare(model: Recurrent, radius: number, biases: number[]): Recurrent {
  const { recurrentWeight, recurrentBias, inputBias } = model.layers[0];
  const matrices = lookback.initialize.eachGate(biases.length, lookback.initialize.orthogonal({ gain: radius }));
  recurrentWeight.assign(matrices(recurrentWeight.shape, new Random(2)));
  recurrentBias.assign(new Float32Array(recurrentBias.size));
  inputBias.assign(biases.flatMap((bias) => new Array<number>(H).fill(bias)));
  return model;
}

/** |∂loss/∂h| at each distance from the end over that at distance 1; the loss is the sum of the last state. */
function gradientNorms(model: Recurrent): number[] {
  return lookback.scope(() => {
    const x = lookback.normal([1, T, I], { random: new Random(3), std: 1e-9 });
    let norms: ArrayLike<number> = [];
    const tap = {
      wants: (name: string) => name.endsWith('.state'),
      gradient: (_name: string, dh: Tensor) => (norms = dh.square().sum([0, 2]).sqrt().dataSync()),
    };
    lookback.valueAndGrad(model, () => model.forward(x, { tap }).state[0].hidden.sum());
    return distances.map((k) => norms[T - 1 - k] / norms[T - 2]);
  });
}

/** Relative gradient norms at 5, 10, 20, 50 and 100 steps, by kind of network. */
export function main(print: Print = console.log): Record<string, number[]> {
  const random = new Random(1);
  const networks = {
    'RNN, radius 0.8': prepare(new RNN(I, H, { random }), 0.8, [0]),
    'RNN, radius 1': prepare(new RNN(I, H, { random }), 1, [0]),
    'RNN, radius 1.2': prepare(new RNN(I, H, { random }), 1.2, [0]),
    'LSTM, b = 1': prepare(new LSTM(I, H, { random }), 1, [-1, 1, 0, 0]),
    'LSTM, b = 4.6': prepare(new LSTM(I, H, { random }), 1, [-4.6, 4.6, 0, 0]),
    'GRU, b = 4.6': prepare(new GRU(I, H, { random }), 1, [0, 4.6, 0]),
  };
  const result = Object.fromEntries(Object.entries(networks).map(([name, model]) => [name, gradientNorms(model)]));
  const rows = Object.entries(result).map(([name, norms]) => [name, ...norms.map((norm) => norm.toExponential(1))]);
  table(print, ['gradient after … steps', ...distances.map(String)], rows);
  return result;
}

runAlone(import.meta.url, main);
