import { describe, expect, it } from 'vitest';
import {
  cacheBytes,
  cacheBytesPerToken,
  gpusFor,
  keptPerToken,
  precisionBytes,
  readPrecision,
  requireModel,
  servingActivationBytes,
  showBytes,
  trainingActivationBytes,
  trainingStateBytes,
  weightBytes,
} from './index.ts';

const r1 = requireModel('deepseek-r1');
const llama = requireModel('llama-3.1-8b');
const gpt2 = requireModel('gpt2');

describe('weights and training state', () => {
  it('show their working', () => {
    const { bytes, working } = weightBytes(671_026_419_200, 'bf16');
    expect(`${working} = ${showBytes(bytes)}`).toBe('671,026,419,200 × 2 B = 1,342.05 GB = 1,249.9 GiB');
    expect(showBytes(70_272)).toBe('70.27 kB = 68.6 KiB');
    expect(showBytes(5_000_000)).toBe('5.00 MB = 4.8 MiB');
    expect(weightBytes(10, 'int4').bytes).toBe(5);
  });

  it('take 16 bytes a parameter, mixed or not, as the parts say', () => {
    for (const precision of ['mixed', 'fp32'] as const) {
      const { bytes, working } = trainingStateBytes(1000, precision);
      const parts = /\((.*)\)/.exec(working)?.[1].split(' + ').map(Number) ?? [];
      expect(parts.reduce((sum, part) => sum + part, 0) * 1000).toBe(bytes);
      expect(bytes).toBe(16_000);
    }
  });

  it('refuses a precision by name', () => {
    expect(readPrecision('BF16')).toBe('bf16');
    expect(Object.keys(precisionBytes)).toEqual(['fp32', 'bf16', 'fp16', 'fp8', 'int8', 'int4']);
    expect(() => readPrecision('bf61')).toThrow('Did you mean bf16?');
  });
});

describe('cache', () => {
  it("is R1's latent: 2.30 GB at 32,768 tokens", () => {
    expect(cacheBytes(r1, { context: 32_768 })).toEqual({
      bytes: 2_302_672_896,
      working: '61 × (512 + 64) × 32,768 × 2 B',
    });
  });

  it('grows with batch and precision', () => {
    expect(cacheBytes(llama, { context: 8192 }).bytes).toBe(2 ** 30);
    expect(cacheBytes(llama, { context: 8192, batch: 4, precision: 'fp8' })).toEqual({
      bytes: 2 ** 31,
      working: '32 × 2 × 8 × 128 × 8,192 × 1 B × 4',
    });
  });

  it('stops at the window of sliding layers and does not grow for recurrent ones', () => {
    const hybrid = {
      ...llama,
      sliding: { layers: 20, window: 1024 },
      recurrent: { layers: 4, parameters: 0, state: 65_536 },
    };
    const perLayer = 2 * 8 * 128;
    expect(cacheBytes(hybrid, { context: 4096 })).toEqual({
      bytes: (8 * perLayer * 4096 + 20 * perLayer * 1024 + 4 * 65_536) * 2,
      working: '(8 × 2 × 8 × 128 × 4,096 + 20 × 2 × 8 × 128 × 1,024 + 4 × 65,536) × 2 B',
    });
    const short = { ...hybrid, recurrent: undefined };
    expect(cacheBytes(short, { context: 1000 }).bytes).toBe(cacheBytes(llama, { context: 1000 }).bytes);
    expect(cacheBytesPerToken(hybrid)).toBe(28 * perLayer * 2);
  });

  it('refuses lengths that are none', () => {
    expect(() => cacheBytes(llama, { context: 0 })).toThrow('context: expected a whole number of 1 or more, got 0.');
    expect(() => cacheBytes(llama, { context: 8, batch: 1.5 })).toThrow('batch');
  });
});

describe('activations', () => {
  it("are Korthikanti's 34·C bytes a token and layer, less 2·C of dropout masks", () => {
    expect(keptPerToken(gpt2) * 2).toBe(32 * gpt2.width);
  });

  it('cost more with stored patterns and less when recomputed', () => {
    const at = (kept: 'flash' | 'stored' | 'recomputed') =>
      trainingActivationBytes(gpt2, { context: 1024, batch: 2, kept }).bytes;
    expect(at('flash')).toBe(2048 * (12 * 16 * 768 * 2 + 50257 * 8));
    expect(at('stored') - at('flash')).toBe(2048 * 12 * 12 * 1024 * 2);
    expect(at('recomputed')).toBe(2048 * ((12 * 768 + 16 * 768) * 2 + 50257 * 8));
  });

  it('of serving stop at the chunk', () => {
    const short = servingActivationBytes(llama, { context: 100 }).bytes;
    // 100 tokens of 2C and gate and values of the MLP; logits of one token.
    expect(short).toBe(100 * (2 * 4096 + 2 * 14336) * 2 + 128_256 * 4);
    const chunk = servingActivationBytes(llama, { context: 8192 }).bytes;
    expect(servingActivationBytes(llama, { context: 100_000 }).bytes).toBe(chunk);
  });
});

describe('gpusFor', () => {
  it('rounds up what memory × usable holds', () => {
    expect(gpusFor(72e9, { memory: 80e9 })).toBe(1);
    expect(gpusFor(72e9 + 1, { memory: 80e9 })).toBe(2);
    expect(gpusFor(1_342_052_838_400, { memory: 80e9, usable: 1 })).toBe(17);
    expect(() => gpusFor(1, { memory: 80e9, usable: 1.1 })).toThrow('usable share');
  });
});
