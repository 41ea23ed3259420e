/**
 * Order matters, to a model that can see it.
 *
 * Two questions about sequences of marks A and B among blanks: are there more A than B, and is the first mark an A. An
 * MLP on the mean over time answers the first question only, and shuffling time does not touch it. An LSTM answers both;
 * shuffled time changes what it says and takes the second answer away. Lecture: why sequence models.
 */
import { gather, Linear, LSTM, Module, oneHot, Random, scope, type Tensor, tensor } from '../src/index.ts';
import { accuracy, type Batch, type Classifier, fit, RecurrentClassifier } from './classify.ts';
import { type Print, percent, runAlone, table } from './entry.ts';

const [B, T, H] = [64, 15, 24];
const questions = ['more A than B', 'first mark is A'] as const;

/** Reads the mean over time: x [B, T, 3] → [B, 2]. */
class OrderBlind extends Module {
  readonly hidden = new Linear(3, H, { random: new Random(1), activation: 'relu' });
  readonly head = new Linear(H, 2, { random: new Random(2) });

  forward(x: Tensor): Tensor {
    return this.head.forward(this.hidden.forward(x.mean(1)));
  }
}

/** Rows of blank 0, A 1 and B 2, one-hot [B, T, 3]; an odd number of marks, so that there is always an answer. */
function sequences(question: string, random: Random): Batch {
  const rows = Array.from({ length: B }, () => {
    const marks = Array.from({ length: 5 }, () => 1 + random.integer(2));
    const places = random.permutation(T).slice(0, 5).sort();
    return Array.from({ length: T }, (_, t) => marks[places.indexOf(t)] ?? 0);
  });
  const yes = (row: number[]) =>
    question === questions[0] ? row.filter((mark) => mark === 1).length > 2 : row.find((mark) => mark > 0) === 1;
  return {
    x: oneHot(tensor(rows, { dtype: 'i32' }), 3),
    answer: tensor(rows.map((row) => Number(yes(row))), { dtype: 'i32' }),
  };
}

/** The same steps in another order, one for all rows. */
function shuffled({ x, answer }: Batch, random: Random): Batch {
  const order = tensor(random.permutation(T), { shape: [1, T, 1] });
  return { x: gather(x, order.expand(x.shape), 1), answer };
}

export interface Result {
  /** `MLP` or `LSTM`, and the question. */
  model: string;
  question: string;
  accuracy: number;
  shuffled: number;
  /** Largest change of a logit when time is shuffled. */
  change: number;
}

export function main(print: Print = console.log): Result[] {
  const models: Record<string, () => Classifier> = {
    MLP: () => new OrderBlind(),
    LSTM: () => new RecurrentClassifier(new LSTM(3, H, { random: new Random(3) }), 2, { random: new Random(4) }),
  };
  const results = questions.flatMap((question) =>
    Object.entries(models).map(([name, make]) => {
      const model = make();
      const random = new Random(5);
      const next = () => sequences(question, random);
      fit(model, next, { steps: 250, rate: 1e-2 });
      const change = scope(() => {
        const batch = next();
        return model.forward(batch.x).sub(model.forward(shuffled(batch, random).x)).abs().max().item();
      });
      const scores = { accuracy: accuracy(model, next), shuffled: accuracy(model, () => shuffled(next(), random)) };
      return { model: name, question, ...scores, change };
    }),
  );
  const rows = results.map((one) => [
    `${one.question}: ${one.model}`, percent(one.accuracy), percent(one.shuffled), one.change.toExponential(0),
  ]);
  table(print, ['', 'right', 'time shuffled', 'largest change of a logit'], rows);
  return results;
}

runAlone(import.meta.url, main);
