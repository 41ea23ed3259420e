/** What each break is called, which curves it draws, and the sentence its results make. Pure: no word is fixed beforehand. */
import type { BreakName, BreakPoint } from './breaks.ts';

export interface Break {
  readonly name: BreakName;
  readonly title: string;
  /** What the model has to do. */
  readonly task: string;
  readonly whole: string;
  readonly broken: string;
  /** The curves drawn, of those a training reports. */
  readonly curves: readonly string[];
  readonly unit: string;
  /** Whether it reads the book. */
  readonly text: boolean;
}

export const breaks: readonly Break[] = [
  {
    name: 'additive-path',
    title: 'Remove the LSTM’s additive path',
    task: 'Read 25 random symbols of 4 and name the first one at the end.',
    whole: 'cₜ = σ(f) cₜ₋₁ + σ(i) tanh(g)',
    broken: 'cₜ = σ(i) tanh(g)',
    curves: ['loss'],
    unit: 'nats',
    text: false,
  },
  {
    name: 'shuffled-time',
    title: 'Shuffle time',
    task: 'Forecast a year of airline passengers from the two years before it.',
    whole: 'The months of each window in their order',
    broken: 'The same months in a random order',
    curves: ['held-out error'],
    unit: 'squared error',
    text: false,
  },
  {
    name: 'no-positions',
    title: 'Drop the positions',
    task: 'Write Moby Dick character by character.',
    whole: 'Rotary positions',
    broken: 'No positions; the causal mask stays',
    curves: ['loss as trained'],
    unit: 'nats a character',
    text: true,
  },
  {
    name: 'no-mask',
    title: 'Drop the causal mask',
    task: 'Write Moby Dick character by character.',
    whole: 'Each position sees itself and what came before',
    broken: 'Each position also sees what comes after, its own answer included',
    curves: ['loss as trained', 'next character'],
    unit: 'nats a character',
    text: true,
  },
  {
    name: 'sgd',
    title: 'SGD for Adam',
    task: 'Write Moby Dick character by character.',
    whole: 'Adam, rate 0.005',
    broken: 'SGD, momentum 0.9, rate 0.3: the best of 0.1, 0.3 and 1',
    curves: ['loss as trained'],
    unit: 'nats a character',
    text: true,
  },
];

/** A difference below this part of the whole model's value is called none. */
const noticeable = 0.03;

/** Mean of a curve over its last tenth, one point at least; NaN without points. */
export function ending(points: readonly BreakPoint[], curve: string): number {
  const values = points.slice(-Math.max(1, Math.floor(points.length / 10))).map(({ values }) => values[curve] ?? NaN);
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

const two = (value: number): string => value.toPrecision(3).replace(/\.0+$/, '');

/** What happened, from both trainings. */
export function sentence(name: BreakName, whole: readonly BreakPoint[], broken: readonly BreakPoint[]): string {
  const of = (curve: string) => [ending(whole, curve), ending(broken, curve)] as const;
  switch (name) {
    case 'additive-path': {
      const [a, b] = of('recalled');
      const end =
        b < 40
          ? 'no better than the guess of 25 %'
          : b < a - 5
            ? 'less, but more than the guess of 25 %'
            : 'it did not need the path';
      return `With the path the first symbol is named rightly in ${a.toFixed(0)} % of fresh rows, without it in ${b.toFixed(0)} %: ${end}.`;
    }
    case 'shuffled-time':
      return compared('error on held-out months', of('held-out error'), 'in a random order', 'in their order', {
        worse: 'the model used the order, not only which values there were',
        same: 'the set of values alone was enough',
        better: 'order was a distraction here',
      });
    case 'no-positions':
      return compared('loss on held-out text', of('loss as trained'), 'without positions', 'with them', {
        worse: 'what the causal mask tells of order is not all a model needs',
        same: 'the causal mask alone told it enough of the order',
        better: 'the causal mask told it enough, and positions only slowed it',
      });
    case 'no-mask': {
      const [trained, cheating] = of('loss as trained');
      const [honest, blind] = of('next character');
      const looks = cheating < trained * (1 - noticeable);
      const fails = blind > honest * (1 + noticeable);
      const first = `Without the mask the loss in training ${looks ? 'falls' : 'comes'} to ${two(cheating)} instead of ${two(trained)} nats`;
      const second = `where the next character is really unknown it is ${two(blind)} instead of ${two(honest)}`;
      if (looks && fails) return `${first}, but ${second}: it learned to copy the answer it could see, not to predict.`;
      if (looks) return `${first}, and ${second}: it copies, and yet predicts no worse.`;
      return `${first}, and ${second}: in so few steps it has not found out how to copy the answer.`;
    }
    case 'sgd':
      return compared('loss on held-out text', of('loss as trained'), 'by SGD', 'by Adam', {
        worse: 'one rate for all matrices is too little for a Transformer in so many steps',
        same: 'at this size one rate for all matrices is enough',
        better: 'here one rate for all matrices was the better choice',
      });
    default:
      return name satisfies never;
  }
}

function compared(
  what: string,
  [whole, broken]: readonly [number, number],
  without: string,
  with_: string,
  clauses: { worse: string; same: string; better: string },
): string {
  const change = broken / whole - 1;
  const kind = change > noticeable ? 'worse' : change < -noticeable ? 'better' : 'same';
  const size =
    change >= 1
      ? `${two(broken / whole)} times as large`
      : `${Math.abs(100 * change).toFixed(0)} % ${change > 0 ? 'more' : 'less'}`;
  const said = kind === 'same' ? 'about the same' : size;
  return `The ${what} ends at ${two(broken)} ${without} and ${two(whole)} ${with_}, ${said}: ${clauses[kind]}.`;
}
