/** What the N-grams page shows, from a text: orders, pairs, examples, samples. Pure. */
import { Random } from '../../../../src/random.ts';
import {
  type BigramTable,
  bigrams,
  crossEntropyByOrder,
  fitNgrams,
  NgramModel,
  type NgramReport,
  type NgramSmoothing,
  type NgramText,
  type NgramUnit,
  ngramSmoothings,
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

export interface Floor {
  smoothing: NgramSmoothing;
  order: number;
  /** Nats a token. */
  nats: number;
}

export interface Counted {
  split: NgramText;
  report: NgramReport;
  pairs: BigramTable;
  /** The lowest held-out loss of each estimator, over the orders counted; the lowest of all first. */
  floors: Floor[];
  /** Characters left out at the end, for the page's sake. */
  cut: number;
}

/** Counts with a tenth held out. @throws LookbackError for a text too short. */
export function count(text: string, { unit, lines, order, smoothing }: CountSettings): Counted {
  const split = splitText(text.slice(0, mostCharacters), { unit, lines });
  // The heat map needs pairs even where order 1 is asked for.
  const report = reportNgrams(split, { order: Math.max(2, order), smoothing });
  return {
    split,
    report,
    pairs: bigrams(report.counts, 30),
    floors: floorsOf(split, report),
    cut: Math.max(0, text.length - mostCharacters),
  };
}

/** What counting reaches on the part held out; stupid backoff's scores are no probabilities and have no loss. */
function floorsOf({ heldOut, from }: NgramText, { counts }: NgramReport): Floor[] {
  const estimators = ngramSmoothings.filter((name) => name !== 'stupid-backoff');
  const floors = estimators.map((smoothing) => {
    const nats = crossEntropyByOrder(fitNgrams(counts, smoothing), heldOut, { from });
    const order = nats.reduce((best, value, n) => (n > 0 && value < nats[best] ? n : best), 1);
    return { smoothing, order, nats: nats[order] };
  });
  return floors.sort((a, b) => a.nats - b.nats);
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

/** Text drawn from the model of `order`, by default the highest counted. */
export function draw(
  { split, report }: Counted,
  length: number,
  { seed, order = report.counts.order }: { seed: number; order?: number },
): string {
  const { boundary, tokenizer } = split;
  const { counts, model } = report;
  const lower = { ...counts, order, levels: counts.levels.slice(0, order + 1) };
  const drawn = order === counts.order ? model : new NgramModel(lower, model.smoothing, model.k);
  const random = new Random(seed, 'ngram page');
  const ids = sample(drawn, () => random.uniform(), length, boundary === undefined ? [] : [boundary]);
  if (boundary === undefined) return tokenizer.decode(ids);
  return Array.from(ids, (id) => (id === boundary ? '\n' : tokenizer.decode([id]))).join('');
}
