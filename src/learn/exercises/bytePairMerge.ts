/** Exercise 7: one merge of byte-pair encoding. The engine's training of one merge, and its encoding, are the answer. */
import { Random } from '../../random.ts';
import { trainBytePairs } from '../../text/index.ts';
import type { Exercise } from '../exercise.ts';
import type { Vector } from '../numbers.ts';

type Merged = { readonly pair: Vector; readonly ids: Vector };

const starter = `/**
 * One merge of byte-pair encoding.
 *
 * ids are the tokens of a text, each below \`next\`. The pair of neighbours that stands most often becomes one token,
 * \`next\`. Of pairs that are equally frequent the one with the larger left id is taken, then the larger right one.
 * Pairs are counted at every place, and replaced from left to right.
 */
export function mergeOnce(ids: number[], next: number): { pair: number[]; ids: number[] } {
  const counts = new Map<string, number>();
  for (let i = 0; i + 1 < ids.length; i++) {
    const key = ids[i] + ' ' + ids[i + 1];
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }

  // Your turn: which pair is it, and what is left of ids once it is one token?
  const pair = [ids[0], ids[1]];
  const merged = ids;

  return { pair, ids: merged };
}
`;

/** Ids of the cases are printable bytes, so that the engine's tokenizer sees them as text in which nothing is cut. */
const asText = (ids: Vector) => String.fromCharCode(...ids);

/** What training of one merge learns, and what its tokenizer then makes of the text. */
function engine(ids: Vector, next: number): Merged {
  const tokenizer = trainBytePairs([asText(ids)], { vocabulary: 257, pattern: 'none' });
  const [{ at = 0 }] = tokenizer.mergeSteps(asText(ids));
  const made = [...tokenizer.encode(asText(ids))];
  return { pair: [ids[at], ids[at + 1]], ids: made.map((id) => (id === 256 ? next : id)) };
}

interface Found {
  pair: [number, number];
  count: number;
}

function counted(ids: Vector): Found[] {
  const counts = new Map<string, Found>();
  for (let i = 0; i + 1 < ids.length; i++) {
    const pair: [number, number] = [ids[i], ids[i + 1]];
    const seen = counts.get(pair.join(' '));
    if (seen) seen.count++;
    else counts.set(pair.join(' '), { pair, count: 1 });
  }
  return [...counts.values()];
}

/** Another choice of pair, replaced rightly. */
function choosing(ids: Vector, next: number, better: (a: Found, b: Found) => boolean): Merged {
  const { pair } = counted(ids).reduce((best, each) => (better(each, best) ? each : best));
  return { pair, ids: replaced(ids, pair, next) };
}

function replaced(ids: Vector, [left, right]: Vector, next: number): number[] {
  const made: number[] = [];
  for (let i = 0; i < ids.length; i++) {
    const here = ids[i] === left && ids[i + 1] === right;
    made.push(here ? next : ids[i]);
    if (here) i++;
  }
  return made;
}

const codes = (text: string): Vector => Array.from(text, (letter) => letter.charCodeAt(0));

export const bytePairMerge: Exercise = {
  number: 7,
  name: 'bpe-merge',
  title: 'One merge of byte-pair encoding',
  chapter: 'words',
  task: 'The pairs are counted. Find the most frequent one, and put the new token wherever it stands.',
  hint: 'Walk through ids with an index: where ids[i] and ids[i + 1] are the pair, push next and skip one more; else push ids[i]. In 7 7 7 the pair 7 7 stands twice, but only the first can be replaced.',
  function: 'mergeOnce',
  starter,
  tolerance: 0,
  cases() {
    const random = new Random(1, 'learn/bpe-merge');
    const drawn = Array.from({ length: 60 }, () => 97 + random.integer(4));
    return [
      { about: 'the letters of “low lower lowest”', inputs: [codes('low lower lowest'), 256] },
      { about: 'a run of one token, five long', inputs: [codes('baaaaac'), 256] },
      { about: 'five pairs that are equally frequent', inputs: [codes('bdaxcb'), 256] },
      { about: 'two tokens', inputs: [[120, 121], 256] },
      { about: 'the pair at both ends', inputs: [codes('xyzxyaxy'), 300] },
      { about: '60 tokens of 4 kinds', inputs: [drawn, 256] },
    ];
  },
  expected: engine,
  mistakes: [
    {
      message: 'The ids are as they were: write the lines below “Your turn”.',
      gives: (ids: Vector) => ({ pair: [ids[0], ids[1]], ids }),
    },
    {
      message: 'The pair is right, but ids are as they were: put the new token wherever the pair stands.',
      gives: (ids: Vector, next: number) => ({ pair: engine(ids, next).pair, ids }),
    },
    {
      message: 'Only the first place of the pair is replaced; all of them are.',
      gives: (ids: Vector, next: number) => {
        const { pair } = engine(ids, next);
        const at = ids.findIndex((id, i) => id === pair[0] && ids[i + 1] === pair[1]);
        return { pair, ids: [...ids.slice(0, at), next, ...ids.slice(at + 2)] };
      },
    },
    {
      message: 'A token goes into two pairs: after a merge, go on behind its right half.',
      gives: (ids: Vector, next: number) => {
        const { pair } = engine(ids, next);
        const here = (i: number) => ids[i] === pair[0] && ids[i + 1] === pair[1];
        return { pair, ids: ids.flatMap((id, i) => (here(i) ? [next] : here(i - 1) ? [] : [id])) };
      },
    },
    {
      message: 'The pair is replaced from right to left; in a run of an odd length that leaves another token over.',
      gives: (ids: Vector, next: number) => {
        const { pair } = engine(ids, next);
        const back = replaced([...ids].reverse(), [pair[1], pair[0]], next).reverse();
        return { pair, ids: back };
      },
    },
    {
      message: 'The new token stands where the left half was, but the right half is still there.',
      gives: (ids: Vector, next: number) => {
        const { pair } = engine(ids, next);
        return { pair, ids: ids.map((id, i) => (id === pair[0] && ids[i + 1] === pair[1] ? next : id)) };
      },
    },
    {
      message: 'Equally frequent: you take the pair that comes first; the one with the larger left id is asked for.',
      gives: (ids: Vector, next: number) => choosing(ids, next, (a, b) => a.count > b.count),
    },
    {
      message: 'Equally frequent: you take the pair that comes last; the one with the larger left id is asked for.',
      gives: (ids: Vector, next: number) => choosing(ids, next, (a, b) => a.count >= b.count),
    },
    {
      message: 'Equally frequent: you take the smaller left id; the larger one is asked for.',
      gives: (ids: Vector, next: number) =>
        choosing(
          ids,
          next,
          (a, b) => a.count > b.count || (a.count === b.count && (a.pair[0] - b.pair[0] || a.pair[1] - b.pair[1]) < 0),
        ),
    },
    {
      message: 'This is the rarest pair; the most frequent one merges.',
      gives: (ids: Vector, next: number) => choosing(ids, next, (a, b) => a.count < b.count),
    },
  ],
};
