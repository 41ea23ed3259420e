import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { philox4x32, Random } from './random.ts';

const mean = (values: ArrayLike<number>) => Array.from(values).reduce((sum, x) => sum + x, 0) / values.length;
const deviation = (values: ArrayLike<number>) => {
  const centre = mean(values);
  return Math.sqrt(mean(Array.from(values, (x) => (x - centre) * (x - centre))));
};
const draw = (n: number, f: () => number) => Float64Array.from({ length: n }, f);
const badArgument = expect.objectContaining({ code: 'BAD_ARGUMENT' });

describe('philox4x32', () => {
  it('gives the known answers of Random123', () => {
    const hex = (counter: number[], key: number[]) => {
      const out = new Uint32Array(4);
      philox4x32(counter, key, out);
      return Array.from(out, (word) => word.toString(16).padStart(8, '0')).join(' ');
    };
    const ones = 0xffffffff;
    expect(hex([0, 0, 0, 0], [0, 0])).toBe('6627e8d5 e169c58d bc57ac4c 9b00dbd8');
    expect(hex([ones, ones, ones, ones], [ones, ones])).toBe('408f276d 41c83b0e a20bc7c6 6d5451fd');
    expect(hex([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0])).toBe(
      'd16cfe09 94fdcceb 5001e420 24126ea1',
    );
  });

  it('agrees with the same rounds in whole numbers', () => {
    const word = fc.integer({ min: 0, max: 0xffffffff });
    const slow = (counter: number[], key: number[]): number[] => {
      let [c0, c1, c2, c3] = counter.map(BigInt);
      let [k0, k1] = key.map(BigInt);
      const mask = 0xffffffffn;
      for (let round = 0; round < 10; round++) {
        const a = c0 * 0xd2511f53n;
        const b = c2 * 0xcd9e8d57n;
        [c0, c1, c2, c3] = [(b >> 32n) ^ c1 ^ k0, b & mask, (a >> 32n) ^ c3 ^ k1, a & mask];
        k0 = (k0 + 0x9e3779b9n) & mask;
        k1 = (k1 + 0xbb67ae85n) & mask;
      }
      return [c0, c1, c2, c3].map(Number);
    };
    fc.assert(
      fc.property(fc.array(word, { minLength: 4, maxLength: 4 }), fc.tuple(word, word), (counter, key) => {
        const out = [0, 0, 0, 0];
        philox4x32(counter, key, out);
        expect(out).toEqual(slow(counter, key));
      }),
      { seed: 1, numRuns: 300 },
    );
  });
});

describe('streams', () => {
  it('are what the raw function gives for the key', () => {
    const random = new Random(7, 'dropout/step 12');
    const expected: number[] = [];
    for (let block = 0; block < 3; block++) {
      const out = new Uint32Array(4);
      philox4x32([block, 0, 0, 0], random.key, out);
      expected.push(...out);
    }
    expect(Array.from({ length: 12 }, () => random.uint32())).toEqual(expected);
  });

  it('differ by seed and by name, and repeat for the same two', () => {
    const first = (seed: number, name?: string) => new Random(seed, name).uint32();
    const draws = [
      first(1),
      first(2),
      first(1, 'a'),
      first(1, 'b'),
      first(2, 'a'),
      first(2 ** 32 + 1),
      first(2 ** 53 - 1),
    ];
    expect(new Set(draws).size).toBe(draws.length);
    expect(first(1, 'blocks.0.weight')).toBe(first(1, 'blocks.0.weight'));
  });

  it('of ten thousand names share no key', () => {
    const keys = new Set(Array.from({ length: 10000 }, (_, i) => new Random(1, `blocks.${i}.weight`).key.join()));
    expect(keys.size).toBe(10000);
  });

  it('split by name, whatever was drawn before', () => {
    const parent = new Random(1, 'model');
    const early = parent.split('head');
    parent.fillNormal(new Float32Array(5));
    expect(parent.split('head').key).toEqual(early.key);
    expect(parent.split('tail').key).not.toEqual(early.key);
  });

  it('continue exactly from a state that went through JSON', () => {
    const random = new Random(3, 'resume');
    for (let drawn = 0; drawn < 9; drawn++) {
      const copy = Random.restore(JSON.parse(JSON.stringify(random.state())));
      expect(draw(5, () => copy.normal())).toEqual(draw(5, () => random.normal()));
      expect(copy.uint32()).toBe(random.uint32());
    }
  });

  it('keep these numbers on every machine and in every version', () => {
    const random = new Random(1, 'blocks.0.attention.query.weight');
    expect([
      random.key,
      random.uint32(),
      random.uniform(),
      random.normal(),
      random.truncatedNormal(),
    ]).toMatchInlineSnapshot(`
      [
        [
          364361252,
          2040831596,
        ],
        3044943997,
        0.20190529092819742,
        0.03482458325788396,
        -0.10403491736813339,
      ]
    `);
  });

  it('refuse seeds and states that are none', () => {
    for (const seed of [-1, 0.5, NaN, 2 ** 53]) expect(() => new Random(seed)).toThrow(badArgument);
    const state = new Random(1).state();
    for (const wrong of [{ key: [1, -1] }, { key: [1] }, { position: -1 }, { position: 0.5 }, { spareNormal: NaN }]) {
      expect(() => Random.restore({ ...state, ...wrong } as typeof state)).toThrow(badArgument);
    }
  });
});

describe('distributions', () => {
  const n = 20000;

  it('uniform', () => {
    const values = draw(n, new Random(1).uniform.bind(new Random(1), -1, 3));
    expect(Math.min(...values)).toBeGreaterThanOrEqual(-1);
    expect(Math.max(...values)).toBeLessThan(3);
    expect(mean(values)).toBeCloseTo(1, 1);
    expect(deviation(values)).toBeCloseTo(4 / Math.sqrt(12), 1);
  });

  it('normal', () => {
    const random = new Random(2);
    const values = draw(n, () => random.normal(5, 2));
    expect(mean(values)).toBeCloseTo(5, 1);
    expect(deviation(values)).toBeCloseTo(2, 1);
    const within = (k: number) => mean(Array.from(values, (x) => (Math.abs(x - 5) < 2 * k ? 1 : 0)));
    expect(within(1)).toBeCloseTo(0.6827, 2);
    expect(within(2)).toBeCloseTo(0.9545, 2);
    expect(within(3)).toBeCloseTo(0.9973, 2);
    expect(mean(values.slice(1).map((x, i) => (x - 5) * (values[i] - 5))) / 4).toBeCloseTo(0, 1);
  });

  it('truncated normal, far out on either side too', () => {
    const random = new Random(3);
    const values = draw(n, () => random.truncatedNormal(1, 0.02));
    expect(Math.min(...values)).toBeGreaterThanOrEqual(0.96);
    expect(Math.max(...values)).toBeLessThanOrEqual(1.04);
    expect(deviation(values) / 0.02).toBeCloseTo(0.8796, 1);
    for (const sign of [-1, 1]) {
      const tail = draw(
        1000,
        () => sign * random.truncatedNormal(0, 1, sign > 0 ? 10 : -Infinity, sign > 0 ? Infinity : -10),
      );
      expect(Math.min(...tail)).toBeGreaterThanOrEqual(10);
      expect(mean(tail)).toBeCloseTo(10.098, 1); // φ(10) / (1 - Φ(10))
    }
    expect(() => random.truncatedNormal(0, 1, 2, 2)).toThrow(badArgument);
  });

  it('integer and categorical hit each value in proportion', () => {
    const random = new Random(4);
    const counts = [0, 0, 0, 0, 0];
    for (let i = 0; i < n; i++) counts[random.integer(5)]++;
    for (const count of counts) expect(count / n).toBeCloseTo(0.2, 1.5);
    const weighted = [0, 0, 0, 0];
    for (let i = 0; i < n; i++) weighted[random.categorical([0, 3, 1, 0])]++;
    expect(weighted[0] + weighted[3]).toBe(0);
    expect(weighted[1] / n).toBeCloseTo(0.75, 1.5);
    expect(random.integer(1)).toBe(0);
    for (const bad of [0, 1.5, -1, NaN, 2 ** 32 + 1]) expect(() => random.integer(bad)).toThrow(badArgument);
    for (const bad of [[], [0, 0], [1, -1], [1, NaN], [Infinity]]) {
      expect(() => random.categorical(bad)).toThrow(badArgument);
    }
  });

  it('permutation holds every index once, each first about equally often', () => {
    const random = new Random(5);
    expect(Array.from(random.permutation(100)).sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    const firsts = [0, 0, 0];
    for (let i = 0; i < 6000; i++) firsts[random.permutation(3)[0]]++;
    for (const count of firsts) expect(count / 6000).toBeCloseTo(1 / 3, 1);
    expect(random.permutation(0)).toEqual(new Int32Array(0));
    expect(() => random.permutation(-1)).toThrow(badArgument);
  });

  it('fills give what single calls give', () => {
    const one = new Random(6);
    const other = new Random(6);
    expect(one.fillNormal(new Float64Array(7), 1, 2)).toEqual(draw(7, () => other.normal(1, 2)));
    expect(one.fillUniform(new Float64Array(7), 1, 2)).toEqual(draw(7, () => other.uniform(1, 2)));
    expect(one.fillTruncatedNormal(new Float64Array(7), 1, 2)).toEqual(draw(7, () => other.truncatedNormal(1, 2)));
    expect(one.fillNormal(new Float32Array(7))).toEqual(Float32Array.from(draw(7, () => other.normal())));
    expect(one.fillUniform(new Float32Array(7))).toEqual(
      Float32Array.from({ length: 7 }, () => (other.uint32() >>> 8) / 2 ** 24),
    );
    expect(one.state()).toEqual(other.state());
  });
});
