import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LookbackError } from '../../errors.ts';
import { toBase64 } from '../base64.ts';
import { tokenizerFromJSON } from '../fromJson.ts';
import { CharacterMap } from '../normalize/charsmap.ts';
import { readNormalizer } from '../normalize/normalizers.ts';
import { byteName } from '../unigram/unigram.ts';
import { encodeUtf8 } from '../utf8.ts';
import { readGguf } from './gguf.ts';
import { parseTokenizerJson, readTokenizerJson } from './huggingface.ts';
import type { PipelineTokenizer } from './pipelineTokenizer.ts';
import { readSentencePiece } from './sentencePiece.ts';
import { parsePackedRanks, parseTiktokenRanks, readTiktoken } from './tiktoken.ts';
import { readBertVocabulary, readGpt2Files } from './vocabularyFiles.ts';

const concat = (...parts: (Uint8Array | number[])[]) => Uint8Array.from(parts.flatMap((part) => [...part]));

/** A protobuf field. */
function field(number: number, value: number | Uint8Array, float = false): Uint8Array {
  const varint = (n: number): number[] => (n < 128 ? [n] : [(n & 127) | 128, ...varint(n >>> 7)]);
  if (float) return concat(varint(number * 8 + 5), new Uint8Array(Float32Array.of(value as number).buffer));
  if (typeof value === 'number') return concat(varint(number * 8), varint(value));
  return concat(varint(number * 8 + 2), varint(value.length), value);
}

const piece = (text: string, score: number, kind = 1) =>
  field(1, concat(field(1, encodeUtf8(text)), field(2, score, true), field(3, kind)));

function sentencePieceModel(kind: 1 | 2): Uint8Array {
  const pieces: [string, number, number?][] = [
    ['<unk>', 0, 2],
    ['<s>', 0, 3],
    ['</s>', 0, 3],
    ['▁', -3],
    ['a', -4],
    ['b', -4],
    ['c', -4],
    ['ab', -2],
    ['▁ab', -1.5],
    ['abc', -1],
    ['bc', -1.8],
  ]; // prettier-ignore
  return concat(...pieces.map(([text, score, type]) => piece(text, score, type)), field(2, field(3, kind)));
}

/** A Darts trie of one word: units along its bytes, then a leaf. */
function charsmap(word: string, replacement: string): Uint8Array {
  const units = new Uint32Array(2048);
  let node = 0;
  // The root's offset leads to the places of first bytes; each node gets a block of 256 places of its own.
  units[0] = 256 << 10;
  node = 256;
  encodeUtf8(word).forEach((byte, i, all) => {
    const place = node ^ byte;
    const block = 256 * (i + 2);
    units[place] = byte | (((block ^ place) << 10) >>> 0) | (i === all.length - 1 ? 256 : 0);
    node = block;
  });
  units[node] = 0x80000000;
  const trie = new Uint8Array(units.buffer);
  return concat(new Uint8Array(Uint32Array.of(trie.length).buffer), trie, encodeUtf8(replacement), [0]);
}

function gguf(entries: [string, unknown][]): Uint8Array {
  const u32 = (n: number) => new Uint8Array(Uint32Array.of(n).buffer);
  const u64 = (n: number) => new Uint8Array(BigUint64Array.of(BigInt(n)).buffer);
  const string = (text: string) => concat(u64(encodeUtf8(text).length), encodeUtf8(text));
  const value = (given: unknown): Uint8Array => {
    if (typeof given === 'string') return concat(u32(8), string(given));
    if (typeof given === 'boolean') return concat(u32(7), [given ? 1 : 0]);
    if (typeof given === 'number') return concat(u32(4), u32(given));
    const list = given as (string | number)[];
    if (typeof list[0] === 'string') return concat(u32(9), u32(8), u64(list.length), ...(list as string[]).map(string));
    return concat(u32(9), u32(6), u64(list.length), new Uint8Array(Float32Array.from(list as number[]).buffer));
  };
  return concat(
    encodeUtf8('GGUF'),
    u32(3),
    u64(0),
    u64(entries.length),
    ...entries.map(([key, given]) => concat(string(key), value(given))),
  );
}

const wordPiece = [
  '[PAD]',
  '[UNK]',
  '[CLS]',
  '[SEP]',
  '[MASK]',
  'un',
  '##aff',
  '##able',
  'the',
  ',',
  'café',
  'cafe',
  '中',
].join('\n');

describe('formats', () => {
  it('reads BERT: cleaned, lower case, longest pieces first, framed', () => {
    const bert = readBertVocabulary(wordPiece) as PipelineTokenizer;
    expect([...bert.encode('The UNaffable, Café中 xyz')]).toEqual([2, 8, 5, 6, 7, 9, 11, 12, 1, 3]);
    expect(bert.decode([2, 8, 5, 6, 7, 9, 11, 3])).toBe('the unaffable, cafe');
    expect(() => bert.encode('the [SEP]')).toThrow(/special token/);
    expect([...bert.encode('the [SEP]', { special: 'encode', frame: false })]).toEqual([8, 3]);
    expect([...bert.encode('x'.repeat(200), { frame: false })]).toEqual([1]);
  });

  it('reads SentencePiece: the best sum for unigram, the best pair for BPE', () => {
    const unigram = readSentencePiece(sentencePieceModel(1));
    // ▁ab + c = -5.5, ▁ + abc = -4.
    expect([...unigram.encode('abc')]).toEqual([3, 9]);
    expect([...unigram.encode('  ab  zz ')]).toEqual([8, 3, 0]);
    expect(unigram.decode([8, 3, 9])).toBe('ab abc');
    const bpe = readSentencePiece(sentencePieceModel(2));
    // bc (-1.8) comes before ab (-2), then abc.
    expect([...bpe.encode('abc')]).toEqual([3, 9]);
    expect([...bpe.encode('ab')]).toEqual([8]);
    expect([...(tokenizerFromJSON(JSON.parse(JSON.stringify(bpe))) as PipelineTokenizer).encode('abcab')]).toEqual([
      ...bpe.encode('abcab'),
    ]);
  });

  it("reads SentencePiece's character map", () => {
    const map = new CharacterMap(charsmap('ﬁ', 'fi'));
    expect(map.apply('ﬁne aﬁ Ｆ')).toBe('fine afi Ｆ');
    expect(() => new CharacterMap(Uint8Array.of(255, 255, 0, 0, 1))).toThrow(LookbackError);
    const json = { type: 'Precompiled', precompiled_charsmap: toBase64(charsmap('é', 'e')) };
    const t5 = readTokenizerJson({
      normalizer: json,
      pre_tokenizer: { type: 'Metaspace', replacement: '▁', add_prefix_space: true },
      decoder: { type: 'Metaspace', replacement: '▁', add_prefix_space: true },
      model: {
        type: 'Unigram',
        unk_id: 0,
        vocab: [
          ['<unk>', 0],
          ['▁cafe', -1],
          ['▁', -2],
          ['s', -3],
        ],
      },
    });
    expect([...t5.encode('café s')]).toEqual([1, 2, 3]);
    expect(t5.decode([1, 2, 3])).toBe('cafe s');
  });

  it('cleans text for BERT as google-research/bert does: U+0085 is a control character before it is white space', () => {
    const normalize = readNormalizer({ type: 'BertNormalizer', lowercase: true });
    expect(normalize('A\u0085B\tC\u000bD\u00a0É\u200d\u0378')).toBe('ab cd e\u0378');
  });

  it('reads GGUF vocabularies of all kinds', () => {
    const bytes = Array.from({ length: 256 }, (_, byte) => byteName(byte));
    const tokens = ['<unk>', '<s>', ...bytes, '▁', 'a', '▁a'];
    const types = [2, 3, ...bytes.map(() => 6), 1, 1, 1];
    const scores = tokens.map((_, i) => -i);
    const llama = readGguf(
      gguf([
        ['tokenizer.ggml.model', 'llama'],
        ['tokenizer.ggml.tokens', tokens],
        ['tokenizer.ggml.scores', scores],
        ['tokenizer.ggml.token_type', types],
        ['tokenizer.ggml.bos_token_id', 1],
        ['tokenizer.ggml.add_bos_token', true],
      ]),
    );
    expect([...llama.encode('aé')]).toEqual([1, 260, 2 + 0xc3, 2 + 0xa9]);
    expect(llama.decode(llama.encode('aé'))).toBe('aé');
    const bert = readGguf(
      gguf([
        ['tokenizer.ggml.model', 'bert'],
        ['tokenizer.ggml.tokens', ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '▁un', 'able', '▁a', '▁!']],
        ['tokenizer.ggml.token_type', [3, 2, 3, 3, 1, 1, 1, 1]],
      ]),
    );
    expect([...bert.encode('Unable A!b')]).toEqual([2, 4, 5, 6, 7, 1, 3]);
    expect(() =>
      readGguf(
        gguf([
          ['tokenizer.ggml.model', 'rwkv'],
          ['tokenizer.ggml.tokens', ['a']],
        ]),
      ),
    ).toThrow(/rwkv/);
  });

  it('refuses contradictory files with the place', () => {
    const model = { type: 'BPE', vocab: { a: 0, b: 1, ab: 2 }, merges: [['a', 'c']] };
    expect(() => readTokenizerJson({ model })).toThrow(/model.merges.0.*tokens of the vocabulary.*c/);
    expect(() => readTokenizerJson({ model: { ...model, merges: ['a b c'] } })).toThrow(/two tokens/);
    expect(() => readTokenizerJson({ model: { ...model, vocab: { a: 0, b: 0 } } })).toThrow(/id 0 twice/);
    expect(() => readTokenizerJson({ model: { ...model, merges: ['a b'] }, normalizer: { type: 'Odd' } })).toThrow(
      /Odd/,
    );
    expect(() => readTokenizerJson({ model: { ...model, merges: ['a b', 'a b'] } })).toThrow(/same pair/);
    expect(() => readTokenizerJson({ model: { type: 'Unigram', unk_id: 9, vocab: [['a', -1]] } })).toThrow(/unk_id/);
    expect(() => parseTokenizerJson('{"model":')).toThrow(/not JSON/);
    expect(() => parseTiktokenRanks('YQ== 1\nYg== 1')).toThrow(/rank 1 stands twice/);
    expect(() => parseTiktokenRanks('!!! 1')).toThrow(/line 1/);
    expect(() => parseTiktokenRanks('')).toThrow(/no ranks/);
    expect(() => parsePackedRanks('! x YQ==')).toThrow(/line 1/);
    expect(() => readTiktoken('YQ== 5', { pattern: 'gpt2' })).toThrow(/none for byte 0x00/);
    expect(() => readGpt2Files({ a: 0 }, 'a b')).toThrow(LookbackError);
    expect(() => readBertVocabulary('a\nb')).toThrow(/\[UNK\]/);
  });

  it('takes ranks with gaps', () => {
    const lines = Array.from({ length: 256 }, (_, byte) => `${toBase64(Uint8Array.of(byte))} ${byte * 3}`);
    const gaps = readTiktoken(lines.join('\n'), { pattern: 'gpt2' });
    expect([...gaps.encode('ab')]).toEqual([291, 294]);
    expect(() => gaps.decode([292])).toThrow(/292/);
  });

  it('answers damaged files with coded errors only', () => {
    const files = [
      { read: (bytes: Uint8Array) => readSentencePiece(bytes), good: sentencePieceModel(1) },
      {
        read: (bytes: Uint8Array) => readGguf(bytes),
        good: gguf([
          ['tokenizer.ggml.model', 'llama'],
          ['tokenizer.ggml.tokens', ['<unk>', 'a']],
        ]),
      },
    ];
    for (const { read, good } of files) {
      fc.assert(
        fc.property(fc.nat(good.length), fc.nat(good.length - 1), fc.nat(255), (length, at, byte) => {
          const bytes = good.slice(0, length);
          if (at < length) bytes[at] = byte;
          try {
            read(bytes).encode('abc a');
          } catch (error) {
            expect(error).toBeInstanceOf(LookbackError);
          }
        }),
        { seed: 3, numRuns: 500 },
      );
    }
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.jsonValue({ maxDepth: 3 }), (vocab, stage) => {
        for (const json of [
          vocab,
          { model: { type: 'BPE', vocab, merges: stage } },
          { model: { vocab: { a: 0, '[UNK]': 1 }, type: 'WordPiece' }, normalizer: stage, pre_tokenizer: vocab },
        ]) {
          try {
            readTokenizerJson(json);
          } catch (error) {
            expect(error).toBeInstanceOf(LookbackError);
          }
        }
      }),
      { seed: 4, numRuns: 500 },
    );
  });
});
