/** Counts the pre-tokens of one part of a corpus; the same function in every thread. */
import type { PatternName } from '../pretokenize/scanners.ts';
import { encodeUtf8 } from '../utf8.ts';
import { type PackedCounts, WordCounts } from './wordCounts.ts';

export interface CountTask {
  readonly bytes: Uint8Array;
  readonly pattern: PatternName;
  /** Texts at which the corpus is cut; they are counted in no word. */
  readonly special: readonly string[];
}

export function countPart({ bytes, pattern, special }: CountTask): PackedCounts {
  const counts = new WordCounts();
  // Longest first, so that one that begins like another is not cut short.
  const marks = special.map(encodeUtf8).sort((a, b) => b.length - a.length);
  const first = new Set(marks.map((mark) => mark[0]));
  let from = 0;
  if (marks.length > 0) {
    for (let at = 0; at < bytes.length; at++) {
      if (!first.has(bytes[at])) continue;
      const mark = marks.find((one) => one.every((byte, i) => bytes[at + i] === byte));
      if (!mark) continue;
      counts.addText(bytes, pattern, from, at);
      from = at + mark.length;
      at = from - 1;
    }
  }
  counts.addText(bytes, pattern, from, bytes.length);
  return counts.pack();
}
