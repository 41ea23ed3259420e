import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { setBackend } from '../backends/backend.ts';
import { ReferenceBackend } from '../backends/reference/reference.ts';
import { generate } from '../generate/engine.ts';
import { Llama2cTokenizer } from '../text/llama2cTokenizer.ts';
import { readLlama2c } from './llama2c.ts';

const folder = `${process.env.LOOKBACK_DATA ?? '../shared/data'}/models/stories260K`;
const present = existsSync(`${folder}/stories260K.bin`);
if (!present) console.info(`skipped: ${folder}/stories260K.bin is not there (set LOOKBACK_DATA)`);

/** A checkpoint of one layer with ascending weights. */
function tiny({ vocabulary = 5 } = {}): Uint8Array {
  const header = [4, 6, 1, 2, 1, vocabulary, 3];
  const V = Math.abs(vocabulary);
  const weights = V * 4 + 4 + 16 + 8 + 8 + 16 + 4 + 24 * 3 + 4 + 3 * 2 + (vocabulary < 0 ? V * 4 : 0);
  const bytes = new Uint8Array(28 + weights * 4);
  const view = new DataView(bytes.buffer);
  header.forEach((value, i) => {
    view.setInt32(i * 4, value, true);
  });
  for (let i = 0; i < weights; i++) view.setFloat32(28 + i * 4, i, true);
  return bytes;
}

describe('readLlama2c', () => {
  it('puts every weight in its place', () => {
    setBackend(new ReferenceBackend());
    const at = (name: string, vocabulary?: number) => readLlama2c(tiny({ vocabulary })).stateDict().get(name)?.data[0];
    expect(at('embedding.weight')).toBe(0);
    expect(at('blocks.0.attention.query.weight')).toBe(24);
    expect(at('blocks.0.attention.key.weight')).toBe(40);
    expect(at('blocks.0.mlp.gate.weight')).toBe(76);
    expect(at('blocks.0.mlp.output.weight')).toBe(100);
    expect(at('blocks.0.mlp.hidden.weight')).toBe(124);
    expect(at('norm.weight')).toBe(148);
    expect(at('head.weight', -5)).toBe(158);
    expect(at('head.weight')).toBeUndefined();
  });

  it('refuses damaged files', () => {
    const whole = tiny();
    expect(() => readLlama2c(whole.subarray(0, 10))).toThrow(/too few/);
    expect(() => readLlama2c(whole.subarray(0, whole.length - 4))).toThrow(/ends inside/);
    expect(() => readLlama2c(Uint8Array.from([...whole, 0]))).toThrow(/1 bytes follow/);
    expect(() => readLlama2c(new Uint8Array(400).fill(0x7f))).toThrow(/header/);
  });

  it.skipIf(!present)('stories260K tells its published story, greedily, for 120 tokens', async () => {
    setBackend(new ReferenceBackend());
    const model = readLlama2c(readFileSync(`${folder}/stories260K.bin`));
    const tokenizer = Llama2cTokenizer.read(readFileSync(`${folder}/tok512.bin`));
    const published = /-t 0\.0\n([\s\S]*?)\n```/.exec(readFileSync(`${folder}/stories260K.md`, 'utf8'))?.[1] ?? '';
    expect(published.length).toBeGreaterThan(300);
    const ids = [tokenizer.beginning];
    for await (const id of generate(model, ids, { length: 120 })) ids.push(id);
    expect(ids).toHaveLength(121);
    const text = tokenizer.decode(ids);
    expect(text.length).toBeGreaterThan(200);
    expect(published.startsWith(text)).toBe(true);
  });
});
