import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CharacterTokenizer } from './tokenizer.ts';

describe('CharacterTokenizer', () => {
  it('sorts its vocabulary by code point, also beyond 16 bits', () => {
    const tokenizer = CharacterTokenizer.fromText('ba\n🐋\uffe5a');
    expect(tokenizer.characters).toEqual(['\n', 'a', 'b', '\uffe5', '🐋']);
    expect(tokenizer.vocabularySize).toBe(5);
    expect([...tokenizer.encode('🐋ab')]).toEqual([4, 1, 2]);
  });

  it('decodes what it encoded, before and after storage', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'binary' }), (text) => {
        const tokenizer = CharacterTokenizer.fromText(text);
        const restored = CharacterTokenizer.fromJSON(JSON.parse(JSON.stringify(tokenizer)));
        expect(restored.toJSON()).toEqual(tokenizer.toJSON());
        expect(restored.decode(tokenizer.encode(text))).toBe(text);
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  it('encodes and decodes nothing', () => {
    const tokenizer = CharacterTokenizer.fromText('a');
    expect(tokenizer.encode('')).toEqual(new Int32Array(0));
    expect(tokenizer.decode([])).toBe('');
  });

  it('names an unknown character and where it is', () => {
    const tokenizer = CharacterTokenizer.fromText('ab🐋');
    expect(() => tokenizer.encode('a🐋é')).toThrow(/"é" \(U\+00E9\) at index 3.*build the tokenizer/);
    expect(() => tokenizer.encode('é')).toThrow(expect.objectContaining({ code: 'DATA_INVALID' }));
  });

  it('refuses an id outside the vocabulary', () => {
    const tokenizer = CharacterTokenizer.fromText('ab');
    for (const id of [2, -1, 0.5]) {
      expect(() => tokenizer.decode([0, id])).toThrow(expect.objectContaining({ code: 'INDEX_OUT_OF_RANGE' }));
    }
  });

  it('refuses an empty text and a bad vocabulary', () => {
    expect(() => CharacterTokenizer.fromText('')).toThrow(expect.objectContaining({ code: 'DATA_INVALID' }));
    for (const characters of [[], ['a', 'a'], ['ab'], ['']]) {
      expect(() => new CharacterTokenizer(characters)).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }));
    }
  });

  it('refuses to read what is not its own', () => {
    const stored = CharacterTokenizer.fromText('ab').toJSON();
    for (const json of [
      null,
      'a',
      {},
      { ...stored, type: 'bpe' },
      { ...stored, version: 2 },
      { ...stored, characters: 'ab' },
      { ...stored, characters: ['a', 1] },
    ]) {
      expect(() => CharacterTokenizer.fromJSON(json)).toThrow(expect.objectContaining({ code: 'FILE_INVALID' }));
    }
  });
});
