/**
 * A recurrent layer is one small cell, applied again and again with the same weights.
 *
 * The LSTM's equations are written out with ordinary operations, step after step, and set against the fused layer that
 * runs the whole sequence in one kernel: the outputs agree, and so do the gradients that went back through all steps.
 * Lecture: unrolling in time, backpropagation through time.
 */
import { LSTM, linear, normal, Random, scope, stack, type Tensor, valueAndGrad, zeros } from '../src/index.ts';
import { largestDifference, type Print, runAlone, table } from './entry.ts';

const [B, T, I, H] = [2, 12, 5, 8];

/** x [B, T, I] → h of every step [B, T, H]; cₜ = σ(f) cₜ₋₁ + σ(i) tanh(g), hₜ = σ(o) tanh(cₜ). */
function unrolled({ layers: [layer] }: LSTM, x: Tensor): Tensor {
  let h = zeros([B, H]);
  let c = zeros([B, H]);
  const states: Tensor[] = [];
  for (let t = 0; t < T; t++) {
    const fromInput = linear(x.slice(1, t, t + 1).squeeze(1), layer.inputWeight, layer.inputBias);
    const fromState = linear(h, layer.recurrentWeight, layer.recurrentBias);
    const [i, f, g, o] = fromInput.add(fromState).split(4, 1);
    c = f.sigmoid().mul(c).add(i.sigmoid().mul(g.tanh()));
    h = o.sigmoid().mul(c.tanh());
    states.push(h);
  }
  return stack(states, 1);
}

/** Largest |difference| of unrolled and fused, of the outputs and of each weight's gradient. */
export function main(print: Print = console.log): Record<string, number> {
  return scope(() => {
    const random = new Random(1);
    const layer = new LSTM(I, H, { random: random.split('layer') });
    const x = normal([B, T, I], { random: random.split('x') });
    const differences: Record<string, number> = {
      output: largestDifference(unrolled(layer, x), layer.forward(x).output),
    };
    const byHand = valueAndGrad(layer, () => unrolled(layer, x).square().sum());
    const fused = valueAndGrad(layer, () => layer.forward(x).output.square().sum());
    for (const [name, gradient] of byHand.grads) {
      const other = fused.grads.get(name);
      if (other) differences[`gradient of ${name}`] = largestDifference(gradient, other);
    }
    const rows = Object.entries(differences).map(([name, value]) => [name, value.toExponential(1)]);
    table(print, ['unrolled by hand against fused', 'largest difference'], rows);
    return differences;
  });
}

runAlone(import.meta.url, main);
