/** What the N-grams page shows, from a text: orders, pairs, examples, samples. Pure. */
import { Random } from '../../../../src/random.ts';
import {
  type BigramTable,
  bigrams,
  type NgramReport,
  type NgramSmoothing,
  type NgramText,
  type NgramUnit,
  reportNgrams,
  sample,
  splitText,
} from '../../../../src/text/index.ts';
import { mostCharacters } from './texts.ts';

export interface CountSettings {
  unit: NgramUnit;
  lines: boolean;
  order: number;
  smoothing: NgramSmoothing;
}

export interface Counted {
  split: NgramText;
  report: NgramReport;
  pairs: BigramTable;
  /** Characters left out at the end, for the page's sake. */
  cut: number;
}

/** Counts with a tenth held out. @throws LookbackError for a text too short. */
export function count(text: string, { unit, lines, order, smoothing }: CountSettings): Counted {
  const split = splitText(text.slice(0, mostCharacters), { unit, lines });
  // The heat map needs pairs even where order 1 is asked for.
  const report = reportNgrams(split, { order: Math.max(2, order), smoothing });
  return { split, report, pairs: bigrams(report.counts, 30), cut: Math.max(0, text.length - mostCharacters) };
}

/** A token as the page shows it. */
export function shown(id: number, { tokenizer, boundary }: NgramText): string {
  if (id === boundary) return '·';
  const text = tokenizer.decode([id]);
  return text === ' ' ? '␣' : text === '\n' ? '⏎' : text === '\t' ? '⇥' : text;
}

export interface Example {
  before: string;
  pair: string;
  after: string;
}

/** The first places in the training text where `second` follows `first`. */
export function examples({ split }: Counted, first: number, second: number, most = 6): Example[] {
  const { train, tokenizer, boundary } = split;
  const reach = tokenizer.vocabularySize > 300 ? 4 : 16;
  const words = 'words' in tokenizer;
  const say = (ids: Int32Array) =>
    Array.from(ids, (id) => (id === boundary ? '·' : tokenizer.decode([id]))).join(words ? ' ' : '');
  const found: Example[] = [];
  for (let i = 0; i + 1 < train.length && found.length < most; i++) {
    if (train[i] !== first || train[i + 1] !== second) continue;
    found.push({
      before: say(train.slice(Math.max(0, i - reach), i)),
      pair: say(train.slice(i, i + 2)),
      after: say(train.slice(i + 2, i + 2 + reach)),
    });
  }
  return found;
}

/** Text drawn from the model. */
export function draw({ split, report }: Counted, length: number, seed: number): string {
  const { boundary, tokenizer } = split;
  const random = new Random(seed, 'ngram page');
  const ids = sample(report.model, () => random.uniform(), length, boundary === undefined ? [] : [boundary]);
  if (boundary === undefined) return tokenizer.decode(ids);
  return Array.from(ids, (id) => (id === boundary ? '\n' : tokenizer.decode([id]))).join('');
}
