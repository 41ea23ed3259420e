/** What the Tokens page computes, without a page. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ByteTokenizer,
  CharacterTokenizer,
  encodeUtf8,
  readTokenizerJson,
  toTokenizerJson,
  trainBytePairs,
} from '../../../../src/text/index.ts';
import { readFile } from './files.ts';
import { build, longestWord, wordAt } from './merges.ts';
import { encodeWith, hexadecimal, type Piece, pieceOf, say, shown, specialOf } from './pieces.ts';

const special = '<|end|>';
const trained = trainBytePairs(['low lower lowest slow slower 안녕 안녕 '.repeat(20)], {
  vocabulary: 300,
  special: [special],
});
const cut = (text: string): Piece[] => Array.from(trained.encode(text), (id) => pieceOf(trained, id));

describe('pieces', () => {
  it('hold all bytes of any text, in order', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        for (const tokenizer of [trained, new ByteTokenizer()]) {
          const ids = encodeWith(tokenizer, text, 'text');
          const bytes = Array.from(ids, (id) => pieceOf(tokenizer, id)).flatMap(({ bytes: some }) => [...some]);
          expect(bytes).toEqual([...encodeUtf8(text)]);
        }
      }),
      { seed: 5, numRuns: 200 },
    );
  });

  it('are letters, parts of characters as bytes, or special', () => {
    expect(cut('low').map(({ text }) => text)).toEqual(['low']);
    const parts = cut('é');
    expect(parts.map(({ text, kind }) => [text, kind])).toEqual([
      ['c3', 'part'],
      ['a9', 'part'],
    ]);
    expect(say(parts[0])).toBe(`part of a character, id ${parts[0].id}, byte c3`);
    const [end] = Array.from(encodeWith(trained, special, 'encode'), (id) => pieceOf(trained, id));
    expect(end).toMatchObject({ kind: 'control', text: special });
    expect(specialOf(trained)).toEqual([[special, 0]]);
    expect(() => encodeWith(trained, `a${special}`, 'refuse')).toThrow(/special token/);
    expect(encodeWith(trained, special, 'text').length).toBeGreaterThan(1);
    expect(pieceOf(CharacterTokenizer.fromText('añ'), 1)).toMatchObject({ text: 'ñ', kind: 'text' });
    // The replacement character written by somebody is a character, not a part of one.
    const [written] = [...new CharacterTokenizer(['\uFFFD']).encode('\uFFFD')];
    expect(pieceOf(new CharacterTokenizer(['\uFFFD']), written).kind).toBe('text');
  });

  it('show white space and what has no shape', () => {
    const piece = (text: string): Piece => ({ id: 1, text, bytes: encodeUtf8(text), kind: 'text' });
    expect(shown(piece(' a\t\u00a0'), true).text).toBe('·a⇥⍽');
    expect(shown(piece('\n\n'), true)).toEqual({ text: '⏎⏎', breaks: true });
    expect(shown(piece('a\n'), false)).toEqual({ text: 'a', breaks: true });
    expect(shown(piece('\u200b\ud800\u0301'), true).text).toBe('U+200BU+D800\u0301');
    expect(shown(piece('\u0301'), true).text).toBe('U+0301');
    expect(hexadecimal(encodeUtf8('€'))).toBe('e2 82 ac');
  });
});

describe('merges', () => {
  it('lead from bytes to the tokens, the lowest rank first', () => {
    const { steps, whole } = build(trained, ' lowest');
    expect(steps[0].pieces.map(({ text }) => text)).toEqual([...' lowest']);
    const last = steps[steps.length - 1];
    expect(last.pieces.map(({ id }) => id)).toEqual([...trained.encode(' lowest')]);
    expect(last.at).toBeUndefined();
    expect(whole).toBeUndefined();
    steps.slice(0, -1).forEach(({ pieces, at = -1, made, left, right }, i) => {
      expect(made?.bytes).toEqual(new Uint8Array([...pieces[at].bytes, ...pieces[at + 1].bytes]));
      expect(shown(made as Piece, true).text).toBe(left + right);
      expect(steps[i + 1].pieces).toHaveLength(pieces.length - 1);
    });
  });

  it('take a part of what is too long, and nothing of nothing', () => {
    const { steps, cut: isCut } = build(trained, 'é'.repeat(500));
    expect(isCut).toBe(true);
    expect(steps[0].pieces).toHaveLength(longestWord);
    expect(build(trained, '').steps).toMatchObject([{ pieces: [] }]);
  });

  it('are of the pre-token around a place', () => {
    const bytes = encodeUtf8('so 안녕 there');
    expect(wordAt(trained, bytes, 0)).toBe('so');
    expect(wordAt(trained, bytes, 4)).toBe(' 안녕');
    expect(wordAt(trained, bytes, bytes.length - 1)).toBe(' there');
    expect(wordAt(trained, bytes, bytes.length)).toBe('');
  });
});

describe('files', () => {
  const text = (value: unknown) => encodeUtf8(typeof value === 'string' ? value : JSON.stringify(value));

  it('are read by their ending', () => {
    const json = toTokenizerJson(trained);
    const again = readFile('tokenizer.json', text(json));
    expect([...again.encode('slower')]).toEqual([...trained.encode('slower')]);
    expect(again.vocabularySize).toBe(readTokenizerJson(json).vocabularySize);
    expect([...readFile('mine.json', text(trained.toJSON())).encode('low')]).toEqual([...trained.encode('low')]);
    const ranks = Array.from({ length: 256 }, (_, byte) => `${btoa(String.fromCharCode(byte))} ${byte}`).join('\n');
    expect([...readFile('x.tiktoken', text(ranks)).encode('ab')]).toEqual([97, 98]);
  });

  it.each(['a.json', 'a.model', 'a.gguf', 'a.bin', 'a.tiktoken', 'a'])('that are damaged are refused: %s', (name) => {
    for (const content of ['', 'nothing of the kind', '{"bpe_ranks": 3}', '[]']) {
      let thrown: unknown;
      try {
        const made = readFile(name, text(content));
        // An empty llama2.c file has no pieces, which is a vocabulary of none.
        expect(made.vocabularySize).toBe(0);
      } catch (error) {
        thrown = error;
        expect((error as { code?: string }).code).toBe('FILE_INVALID');
      }
      if (name !== 'a.bin') expect(thrown).toBeDefined();
    }
  });
});
