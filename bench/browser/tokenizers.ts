/** Measures our encoding and npm gpt-tokenizer's in this page; `tokenizersBrowser.ts` calls it. */
import * as cl100k from 'gpt-tokenizer/encoding/cl100k_base';
import * as o200k from 'gpt-tokenizer/encoding/o200k_base';
import { readTiktokenJson } from '../../src/text/formats/tiktoken.ts';

export type Rates = Record<'warm' | 'cold' | 'theirWarm' | 'theirCold', number> & { same: boolean };

const peers = { cl100k, o200k };

/** UTF-16 units a microsecond (MB/s of ASCII), the best of several turns; `ranks` is what npm tiktoken holds. */
export function measureTokenizers({
  name,
  ranks,
  text,
}: {
  name: 'cl100k' | 'o200k';
  ranks: unknown;
  text: string;
}): Rates {
  const ours = readTiktokenJson(ranks, name);
  const theirs = peers[name];
  const none = { disallowedSpecial: new Set<string>() };
  const calls: Record<Exclude<keyof Rates, 'same'>, [before: () => void, call: () => unknown]> = {
    cold: [() => ours.clearCache(), () => ours.encode(text)],
    warm: [() => {}, () => ours.encode(text)],
    theirCold: [() => theirs.clearMergeCache(), () => theirs.encode(text, none)],
    theirWarm: [() => {}, () => theirs.encode(text, none)],
  };
  const rates: Rates = { warm: 0, cold: 0, theirWarm: 0, theirCold: 0, same: false };
  for (let turn = 0; turn < 10; turn++) {
    for (const [key, [before, call]] of Object.entries(calls)) {
      for (let again = 0; again < 3; again++) {
        before();
        const start = performance.now();
        call();
        const rate = text.length / 1e3 / (performance.now() - start);
        rates[key as 'warm'] = Math.max(rates[key as 'warm'], rate);
      }
    }
  }
  const [a, b] = [ours.encode(text), theirs.encode(text, none)];
  rates.same = a.length === b.length && b.every((id, i) => id === a[i]);
  return rates;
}

Object.assign(window, { measureTokenizers });
