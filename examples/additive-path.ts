/**
 * What makes an LSTM remember: the path from cₜ₋₁ to cₜ on which things are only added.
 *
 * The same cell with the same initial weights and training, once with cₜ = σ(f) cₜ₋₁ + σ(i) tanh(g) and once with the
 * first term cut away, cₜ = σ(i) tanh(g). The task is to name the first of 25 symbols at the end; the forget gate's bias
 * starts at 3 (σ = 0.95). Lecture: the LSTM's cell state.
 */
import { Linear, LSTM, linear, Module, Random, type Tensor, zeros } from '../src/index.ts';
import { accuracy, firstSymbol, fit } from './classify.ts';
import { type Print, percent, runAlone, table } from './entry.ts';

const [B, T, symbols, H] = [32, 25, 4, 24];

class Rememberer extends Module {
  readonly lstm = new LSTM(symbols, H, { random: new Random(1), forgetBias: 3 });
  readonly head = new Linear(H, symbols, { random: new Random(2) });

  constructor(readonly additive: boolean) {
    super();
  }

  /** x [B, T, symbols] → logits of the first symbol [B, symbols]: the LSTM's weights, its steps written out. */
  forward(x: Tensor): Tensor {
    const [layer] = this.lstm.layers;
    let h = zeros([B, H]);
    let c = zeros([B, H]);
    for (const step of linear(x, layer.inputWeight, layer.inputBias).split(T, 1)) {
      const [i, f, g, o] = step
        .squeeze(1)
        .add(linear(h, layer.recurrentWeight, layer.recurrentBias))
        .split(4, 1);
      const added = i.sigmoid().mul(g.tanh());
      c = this.additive ? f.sigmoid().mul(c).add(added) : added;
      h = o.sigmoid().mul(c.tanh());
    }
    return this.head.forward(h);
  }
}

/** Parts of fresh sequences whose first symbol is named rightly. */
export function main(print: Print = console.log): { lstm: number; cut: number; chance: number } {
  const recall = (additive: boolean): number => {
    const model = new Rememberer(additive);
    const random = new Random(3);
    fit(model, () => firstSymbol(B, T, symbols, random), { steps: 300, rate: 5e-3 });
    return accuracy(model, () => firstSymbol(B, T, symbols, random));
  };
  const result = { lstm: recall(true), cut: recall(false), chance: 1 / symbols };
  const rows = [
    ['LSTM', percent(result.lstm)],
    ['without its additive path', percent(result.cut)],
    ['chance', percent(result.chance)],
  ];
  table(print, [`first of ${T} symbols`, 'recalled'], rows);
  return result;
}

runAlone(import.meta.url, main);
