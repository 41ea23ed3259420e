/**
 * Why plain RNNs forget: on its way back through time the gradient meets the same matrix at every step.
 *
 * The state gradient k steps before the end, as a multiple of what it is at the end. In a plain RNN near rest it goes as
 * (spectral radius)^k: it vanishes below 1 and explodes above. LSTM and GRU carry it along their additive path, where a
 * step multiplies by a gate instead; a gate of σ(b) keeps about σ(b)^k, so that b decides how far they look back
 * (b = log k, "chrono" initialisation: Tallec and Ollivier 2018). The customary b = 1 is not enough for 100 steps.
 * Lecture: vanishing and exploding gradients.
 */
import { GRU, initialize, LSTM, normal, Random, type Recurrent, RNN, scope, valueAndGrad } from '../src/index.ts';
import { type Print, runAlone, table } from './entry.ts';

const [I, H, T] = [4, 32, 101];
export const distances = [5, 10, 20, 50, 100] as const;

/** Sets every bias to 0 but that of gate 1 (f of the LSTM, z of the GRU), and the recurrent matrices to U · radius. */
function prepare(model: Recurrent, gates: number, radius: number, gateBias: number): Recurrent {
  const [layer] = model.layers;
  const rows = initialize.eachGate(gates, initialize.orthogonal({ gain: radius }));
  layer.recurrentWeight.assign(rows(layer.recurrentWeight.shape, new Random(2)));
  layer.recurrentBias.assign(new Float32Array(gates * H));
  layer.inputBias.assign(new Float32Array(gates * H).fill(gateBias, H, 2 * H));
  return model;
}

/** |∂loss/∂h| at each distance before the last step over that at the last step; the loss is the sum of the last state. */
function gradientNorms(model: Recurrent): number[] {
  return scope(() => {
    const x = normal([1, T, I], { random: new Random(3), std: 1e-9 });
    const norms = new Float64Array(T);
    const gradient = (_: string, dh: { dataSync(): ArrayLike<number> }) => {
      const values = Array.from(dh.dataSync());
      for (let t = 0; t < T; t++) norms[t] = Math.hypot(...values.slice(t * H, (t + 1) * H));
    };
    const tap = { wants: (name: string) => name.endsWith('.state'), gradient };
    valueAndGrad(model, () =>
      model
        .forward(x, { tap })
        .output.slice(1, T - 1)
        .sum(),
    );
    return distances.map((k) => norms[T - 1 - k] / norms[T - 1]);
  });
}

/** Relative gradient norms by kind of network, in the order of `distances`. */
export function main(print: Print = console.log): Record<string, number[]> {
  const random = new Random(1);
  const networks: Record<string, Recurrent> = {};
  for (const radius of [0.8, 1, 1.2]) {
    networks[`RNN, radius ${radius}`] = prepare(new RNN(I, H, { random }), 1, radius, 0);
  }
  for (const bias of [1, 5]) networks[`LSTM, forget bias ${bias}`] = prepare(new LSTM(I, H, { random }), 4, 1, bias);
  networks['GRU, update bias 5'] = prepare(new GRU(I, H, { random }), 3, 1, 5);
  const result = Object.fromEntries(Object.entries(networks).map(([name, model]) => [name, gradientNorms(model)]));
  const rows = Object.entries(result).map(([name, norms]) => [name, ...norms.map((norm) => norm.toExponential(1))]);
  table(print, ['gradient after … steps', ...distances.map(String)], rows);
  return result;
}

runAlone(import.meta.url, main);
