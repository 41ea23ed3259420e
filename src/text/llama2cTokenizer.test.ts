import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Llama2cTokenizer } from './llama2cTokenizer.ts';

const file = `${process.env.LOOKBACK_DATA ?? '../shared/data'}/models/stories260K/tok512.bin`;
const present = existsSync(file);
if (!present) console.info(`skipped: ${file} is not there (set LOOKBACK_DATA)`);

/** Three special pieces, 256 bytes, then `extra` pieces with their scores. */
function fileOf(extra: [string, number][]): Uint8Array {
  const bytes = Array.from({ length: 256 }, (_, i): [string, number] => [`<0x${i.toString(16)}>`, 0]);
  const pieces: [string, number][] = [['<unk>', 0], ['<s>', 0], ['</s>', 0], ...bytes, ...extra];
  const out = [4, 0, 0, 0];
  for (const [piece, score] of pieces) {
    const text = new TextEncoder().encode(piece);
    out.push(
      ...new Uint8Array(new Float32Array([score]).buffer),
      ...new Uint8Array(new Int32Array([text.length]).buffer),
    );
    out.push(...text);
  }
  return Uint8Array.from(out);
}

describe('Llama2cTokenizer', () => {
  const extra: [string, number][] = [' ', 'a', 'b', 'ab', ' ab', 'ba'].map((piece, i) => [
    piece,
    [-9, -9, -9, -2, -3, -1][i],
  ]);
  const tokenizer = Llama2cTokenizer.read(fileOf(extra));

  it('merges the best-scored pair first and falls back to bytes', () => {
    // " aba": "ba" (-1) goes before "ab" (-2), which leaves " ", "a", "ba".
    expect([...tokenizer.encode('aba')]).toEqual([1, 259, 260, 264]);
    expect([...tokenizer.encode('ab')]).toEqual([1, 263]);
    expect([...tokenizer.encode('é')]).toEqual([1, 259, 3 + 0xc3, 3 + 0xa9]);
    expect([...tokenizer.encode('')]).toEqual([1]);
  });

  it.each(['', 'ab', ' ab', 'baab é 漢字 🙂', 'a\nb'])('decodes what it encodes: %j', (text) => {
    expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
  });

  it('refuses damaged files and unknown ids', () => {
    const whole = fileOf(extra);
    expect(() => Llama2cTokenizer.read(whole.subarray(0, whole.length - 1))).toThrow(/ends inside piece 264/);
    expect(() => Llama2cTokenizer.read(whole.subarray(0, 4))).toThrow(/at least 259/);
    expect(() => tokenizer.decode([265])).toThrow(/265 at index 0/);
  });

  it.skipIf(!present)('reads tok512.bin', () => {
    const stories = Llama2cTokenizer.read(readFileSync(file));
    expect(stories.vocabularySize).toBe(512);
    const text = 'Once upon a time, there was a little girl named Lily.';
    const ids = stories.encode(text);
    expect(ids.length).toBeLessThan(text.length / 2);
    expect(stories.decode(ids)).toBe(text);
  });
});
