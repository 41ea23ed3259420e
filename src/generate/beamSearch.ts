/** Beam search: the likeliest continuations, followed several at a time. Deterministic; it sees token ids only. */
import { LookbackError } from '../errors.ts';
import { exp, log, pow } from '../math.ts';
import type { Generative } from '../models/decoder.ts';
import { checkPrompt } from './engine.ts';

export interface BeamSearchOptions {
  /** Continuations followed at once; 1 is greedy. */
  width?: number;
  /** Most tokens to write. */
  length: number;
  /** Ids that end a text; they count in its probability but are not in its ids. */
  stop?: readonly number[];
  /** α of Wu et al. 2016: candidates are ranked by log p / ((5 + tokens) / 6)^α. 0 favours short texts. */
  lengthPenalty?: number;
}

export interface Beam {
  ids: number[];
  /** log p of the ids (and the stop, if one came), in nats. */
  logProbability: number;
  /** What beams are ranked by. */
  score: number;
}

/**
 * Continuations of `prompt`, best first, at most `width`.
 *
 * @throws LookbackError BAD_ARGUMENT for an empty prompt or a width below 1.
 */
export async function beamSearch(
  model: Generative,
  prompt: ArrayLike<number>,
  { width = 4, length, stop = [], lengthPenalty = 0 }: BeamSearchOptions,
): Promise<Beam[]> {
  if (!Number.isInteger(width) || width < 1) {
    throw new LookbackError('BAD_ARGUMENT', {
      where: 'beamSearch',
      expected: 'a width of 1 or more',
      got: String(width),
    });
  }
  const decoder = model.decoder();
  const finished: Beam[] = [];
  let open: Beam[] = [{ ids: [], logProbability: 0, score: 0 }];
  try {
    checkPrompt('beamSearch', prompt, decoder.vocabulary);
    let fresh: ArrayLike<number>[] = [prompt];
    for (let step = 0; step < length && open.length > 0; step++) {
      const logits = await decoder.feed(fresh);
      const candidates = open.flatMap((beam, row) =>
        likeliest(logits[row], width).map(({ id, logProbability }) => ({
          row,
          id,
          logProbability: beam.logProbability + logProbability,
        })),
      );
      candidates.sort((a, b) => b.logProbability - a.logProbability || a.row - b.row || a.id - b.id);
      const next: { beam: Beam; row: number; id: number }[] = [];
      for (const { row, id, logProbability } of candidates.slice(0, width)) {
        const score = logProbability / pow((5 + step + 1) / 6, lengthPenalty);
        if (stop.includes(id)) finished.push({ ids: open[row].ids, logProbability, score });
        else next.push({ beam: { ids: [...open[row].ids, id], logProbability, score }, row, id });
      }
      open = next.map(({ beam }) => beam);
      if (open.length === 0 || finished.length >= width) break;
      decoder.reorder(next.map(({ row }) => row));
      fresh = next.map(({ id }) => [id]);
    }
  } finally {
    decoder.dispose();
  }
  return [...finished, ...open].sort((a, b) => b.score - a.score).slice(0, width);
}

/** The `count` likeliest ids with log p = logit - log Σ exp(logits). */
function likeliest(logits: Float32Array, count: number): { id: number; logProbability: number }[] {
  const highest = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const total = highest + log(logits.reduce((sum, logit) => sum + exp(logit - highest), 0));
  return Array.from(logits, (logit, id) => ({ id, logProbability: logit - total }))
    .sort((a, b) => b.logProbability - a.logProbability || a.id - b.id)
    .slice(0, count);
}
