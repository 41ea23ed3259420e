import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../../random.ts';
import { StreamingDecoder } from '../streamingDecoder.ts';
import { trainBytePairs } from '../training/trainBytePairs.ts';
import { encodeUtf8 } from '../utf8.ts';
import { BytePairTokenizer } from './bytePairTokenizer.ts';
import { MergeSpace } from './merge.ts';

const corpus = 'the cat sat on the mat, the cat ate the rat; 안녕하세요 안녕 😉😉 aaaa aaaaaaaa\n'.repeat(20);
const learned = trainBytePairs([corpus], { vocabulary: 400, special: ['<|end|>'] });
/** The same tokens with ids as ranks, as tiktoken reads them. */
const ranks = new BytePairTokenizer({
  tokens: Array.from({ length: 256 }, (_, byte): Uint8Array => Uint8Array.of(byte)).concat(
    ['th', 'the', ' the', 'aa', 'aaaa', 'aaaaaaaa', ' c', 'at', ' cat'].map(encodeUtf8),
  ),
  pattern: 'gpt2',
});

describe('byte-pair encoding', () => {
  it('takes the lowest rank first and the leftmost of equals', () => {
    expect([...ranks.encode(' the cat')]).toEqual([258, 264]);
    // Seven letters: four, then two, then one.
    expect([...ranks.encode('aaaaaaa')]).toEqual([260, 259, 97]);
    expect(ranks.mergeSteps('the').map(({ ids }) => ids)).toEqual([[116, 104, 101], [256, 101], [257]]);
  });

  it('gives the same for long words as for short ones', () => {
    const random = new Random(1, 'long words');
    for (const tokenizer of [ranks, learned]) {
      for (let n = 0; n < 60; n++) {
        const length = 49 + random.integer(200);
        const word = Uint8Array.from({ length }, () => 'athe c'.charCodeAt(random.integer(6)));
        const space = new MergeSpace();
        const byScan = new MergeSpace();
        for (const each of [space, byScan]) {
          each.reserve(length);
          for (let i = 0; i <= length; i++) {
            if (i < length) each.ids[i] = tokenizer.vocabulary.find(word, i, i + 1);
            each.starts[i] = i;
          }
        }
        const long = space.merge(tokenizer.rules, word, length);
        // A listener asks for the scan.
        const short = byScan.merge(tokenizer.rules, word, length, () => {});
        expect([...space.ids.subarray(0, long)]).toEqual([...byScan.ids.subarray(0, short)]);
      }
    }
  });

  it('tells tokens of up to eight bytes apart from those that go on with zero bytes', () => {
    const bytes = Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte));
    const longer = [2, 3, 4, 5, 6, 7, 8, 9].flatMap((length) => [
      Uint8Array.from({ length }, (_, i) => (i === 0 ? 97 : 0)),
      Uint8Array.from({ length }, (_, i) => (i === 0 ? 97 : i === 7 ? 3 : 0)),
    ]);
    const distinct = longer.filter((one, i) => longer.findIndex((other) => `${other}` === `${one}`) === i);
    const { vocabulary } = new BytePairTokenizer({ tokens: [...bytes, ...distinct], pattern: 'none' });
    distinct.forEach((token, i) => {
      // Alone, and with other bytes after it.
      expect(vocabulary.find(token, 0, token.length)).toBe(256 + i);
      expect(vocabulary.find(Uint8Array.of(98, ...token, 98, 98, 98, 98, 98, 98, 98), 1, 1 + token.length)).toBe(
        256 + i,
      );
    });
    expect(vocabulary.find(Uint8Array.of(97, 0, 1), 0, 3)).toBe(-1);
    expect(vocabulary.find(new Uint8Array(0), 0, 0)).toBe(-1);
  });

  it('encodes a word of ten million letters', () => {
    const ids = ranks.encode('a'.repeat(10_000_003));
    expect(ids.length).toBe(1_250_000 + 2);
    expect([...ids.subarray(-3)]).toEqual([261, 259, 97]);
  });

  it('brings every string and every byte back, whatever its words were before', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), fc.uint8Array({ maxLength: 60 }), (text, bytes) => {
        expect(learned.decode(learned.encode(text))).toBe(text);
        expect(learned.decodeBytes(learned.encodeBytes(bytes))).toEqual(bytes);
      }),
      { seed: 5, numRuns: 300 },
    );
    expect(learned.decode(learned.encode('a\ud800b\udc00'))).toBe('a\ud800b\udc00');
  });

  it('refuses special tokens in plain text unless allowed', () => {
    expect(() => learned.encode('a <|end|> b')).toThrow(/special token <\|end\|> at index 2/);
    expect(learned.encode('a <|end|> b', { special: 'encode' })).toContain(0);
    const text = learned.encode('a <|end|> b', { special: 'text' });
    expect(text).not.toContain(0);
    expect(learned.decode(text)).toBe('a <|end|> b');
  });

  it('streams no half character', () => {
    const text = 'né 안녕 👩‍👩‍👧 end';
    for (const tokenizer of [ranks, learned]) {
      const decoder = new StreamingDecoder(tokenizer);
      const parts = [...tokenizer.encode(text)].map((id) => decoder.push(id));
      expect(parts.join('') + decoder.end()).toBe(text);
      expect(parts.some((part) => part.includes('\uFFFD'))).toBe(false);
    }
    const cut = new StreamingDecoder(ranks);
    expect([cut.push(0xe2), cut.push(0x82), cut.end()]).toEqual(['', '', '\uFFFD']);
  });

  it('survives being stored', () => {
    for (const tokenizer of [ranks, learned]) {
      const again = BytePairTokenizer.fromJSON(JSON.parse(JSON.stringify(tokenizer)));
      expect(again.encode(corpus)).toEqual(tokenizer.encode(corpus));
      expect(again.vocabularySize).toBe(tokenizer.vocabularySize);
    }
  });

  it('refuses a vocabulary that lacks a byte, has a token twice, or an id outside', () => {
    const bytes = Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte));
    expect(() => new BytePairTokenizer({ tokens: bytes.slice(0, 200), pattern: 'gpt2' })).toThrow(/none for byte 0xc8/);
    expect(() => new BytePairTokenizer({ tokens: [...bytes, bytes[7]], pattern: 'gpt2' })).toThrow(/ids 7 and 256/);
    expect(() => ranks.decode([5000])).toThrow(/5000 at index 0/);
    expect([...ranks.encode('')]).toEqual([]);
  });
});
