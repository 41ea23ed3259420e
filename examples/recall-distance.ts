/**
 * Recall falls with distance.
 *
 * A plain RNN, an LSTM whose forget gates start at σ(1) = 0.73 and one where they start at σ(3) = 0.95 are trained alike,
 * 250 steps for each distance, to name the one of 4 symbols that they saw 2 to 40 steps ago; means of 3 seeds. All hold
 * the short distances and lose the long ones. The LSTM is not better by its kind alone: where its gate starts decides how
 * far it reaches. Lecture: long-range dependencies.
 */
import { LSTM, Random, type Recurrent, RNN } from '../src/index.ts';
import { accuracy, firstSymbol, fit, RecurrentClassifier } from './classify.ts';
import { type Print, percent, runAlone, table } from './entry.ts';

const [B, symbols, H] = [16, 4, 24];
const distances = [2, 5, 10, 20, 40];

/** Accuracy at each distance after training on it, the mean of 3 seeds. */
function recall(make: (random: Random) => Recurrent): number[] {
  const once = (distance: number, seed: number) => {
    const model = new RecurrentClassifier(make(new Random(seed, 'model')), symbols);
    const random = new Random(seed, 'data');
    const next = () => firstSymbol(B, distance + 1, symbols, random);
    fit(model, next, { steps: 250, rate: 1e-2 });
    return accuracy(model, next);
  };
  return distances.map((distance) => (once(distance, 1) + once(distance, 2) + once(distance, 3)) / 3);
}

/** Parts recalled at 2, 5, 10, 20 and 40 steps; chance is 1 in 4. */
export function main(print: Print = console.log): Record<'rnn' | 'lstm' | 'openLstm', number[]> {
  const result = {
    rnn: recall((random) => new RNN(symbols, H, { random })),
    lstm: recall((random) => new LSTM(symbols, H, { random, forgetBias: 1 })),
    openLstm: recall((random) => new LSTM(symbols, H, { random, forgetBias: 3 })),
  };
  const rows = [
    ['RNN', ...result.rnn.map(percent)],
    ['LSTM, forget bias 1', ...result.lstm.map(percent)],
    ['LSTM, forget bias 3', ...result.openLstm.map(percent)],
    ['chance', ...distances.map(() => percent(1 / symbols))],
  ];
  table(print, ['symbol seen … steps ago', ...distances.map(String)], rows);
  return result;
}

runAlone(import.meta.url, main);
