/**
 * Recall falls with distance.
 *
 * A plain RNN and an LSTM are trained, alike and each for the same 250 steps, to name a symbol that they saw 2 to 40 steps
 * ago. Both do it over short distances; the RNN loses it first. Lecture: long-range dependencies.
 */
import { LSTM, Random, type Recurrent, RNN } from '../src/index.ts';
import { accuracy, firstSymbol, fit, RecurrentClassifier } from './classify.ts';
import { type Print, percent, runAlone, table } from './entry.ts';

const [B, symbols, H] = [32, 8, 32];
const distances = [2, 5, 10, 20, 40];

/** Accuracy at this distance after training on it. */
function recall(recurrent: Recurrent, distance: number): number {
  const model = new RecurrentClassifier(recurrent, symbols, { random: new Random(2) });
  const random = new Random(3);
  const next = () => firstSymbol(B, distance + 1, symbols, random);
  fit(model, next, { steps: 250, rate: 5e-3 });
  return accuracy(model, next);
}

/** Parts recalled, in the order of `distances`; chance is 1 in 8. */
export function main(print: Print = console.log): { distances: number[]; rnn: number[]; lstm: number[] } {
  const random = new Random(1);
  const rnn = distances.map((distance) => recall(new RNN(symbols, H, { random }), distance));
  const lstm = distances.map((distance) => recall(new LSTM(symbols, H, { random }), distance));
  const rows = [
    ['RNN', ...rnn.map(percent)],
    ['LSTM', ...lstm.map(percent)],
    ['chance', ...distances.map(() => percent(1 / symbols))],
  ];
  table(print, ['symbol seen … steps ago', ...distances.map(String)], rows);
  return { distances, rnn, lstm };
}

runAlone(import.meta.url, main);
