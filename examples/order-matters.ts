/**
 * Order matters, to a model that can see it.
 *
 * Two questions about rows of nine A or B with one X and one Y among them: are there more A than B, and does X come before
 * Y. An MLP on the mean over time answers the first only, and shuffling time does not touch it. An LSTM answers both;
 * shuffled time changes its logits and takes the second answer away. Lecture: why sequence models.
 */
import { gather, LSTM, oneHot, Random, scope, type Tensor, tensor } from '../src/index.ts';
import { accuracy, type Batch, type Classifier, fit, OrderBlindClassifier, RecurrentClassifier } from './classify.ts';
import { largestDifference, type Print, percent, runAlone, table } from './entry.ts';

const [B, T, H, symbols] = [64, 11, 24, 4];
const questions: Record<string, (row: number[]) => boolean> = {
  'more A than B': (row) => row.filter((symbol) => symbol === 0).length > 4,
  'X before Y': (row) => row.indexOf(2) < row.indexOf(3),
};

/** Rows of A 0, B 1, X 2, Y 3, one-hot [B, T, symbols], with the answers. */
function sequences(question: string, random: Random): Batch {
  const rows = Array.from({ length: B }, () => {
    const bag = [2, 3, ...Array.from({ length: T - 2 }, () => random.integer(2))];
    return Array.from(random.permutation(T), (place) => bag[place]);
  });
  const answer = tensor(Int32Array.from(rows, (row) => Number(questions[question](row))));
  return { x: oneHot(tensor(rows, { dtype: 'i32' }), symbols), answer };
}

/** The same steps in another order, one for all rows. */
const shuffle = (x: Tensor) => gather(x, tensor(new Random(6).permutation(T), { shape: [1, T, 1] }).expand(x.shape), 1);

/** Parts answered rightly, the same with time shuffled, and the largest change of a logit by the shuffling. */
export function main(print: Print = console.log): Record<string, { right: number; shuffled: number; change: number }> {
  const rows: [name: string, right: number, shuffled: number, change: number][] = [];
  const judge = (name: string, model: Classifier, question: string): void => {
    const random = new Random(5);
    const next = () => sequences(question, random);
    fit(model, next, { steps: 250, rate: 1e-2 });
    const inAnotherOrder = { forward: (x: Tensor) => model.forward(shuffle(x)) };
    const change = scope(() => {
      const { x } = next();
      return largestDifference(model.forward(x), inAnotherOrder.forward(x));
    });
    rows.push([`${question}: ${name}`, accuracy(model, next), accuracy(inAnotherOrder, next), change]);
  };
  for (const question of Object.keys(questions)) {
    judge('MLP', new OrderBlindClassifier(symbols, H, 2), question);
    judge('LSTM', new RecurrentClassifier(new LSTM(symbols, H, { random: new Random(3) }), 2), question);
  }
  const cells = rows.map(([name, right, shuffled, change]) => [
    name,
    percent(right),
    percent(shuffled),
    change.toFixed(2),
  ]);
  table(print, ['', 'right', 'time shuffled', 'largest change of a logit'], cells);
  return Object.fromEntries(rows.map(([name, right, shuffled, change]) => [name, { right, shuffled, change }]));
}

runAlone(import.meta.url, main);
