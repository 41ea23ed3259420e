import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crossEntropy, crossEntropyByOrder, sample, trainNgram } from './ngram.ts';
import { countNgrams } from './ngramCounts.ts';
import { fitNgrams, modifiedDiscounts, type NgramSmoothing, ngramSmoothings } from './ngramSmoothing.ts';

/** a b a b a c, with an unseen d. */
const ids = [0, 1, 0, 1, 0, 2];
const vocabularySize = 4;

const text = fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 60 });
const context = fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 8 });
const order = fc.integer({ min: 1, max: 6 });
const smoothing = fc.constantFrom<NgramSmoothing>(...ngramSmoothings);
const badArgument = expect.objectContaining({ code: 'BAD_ARGUMENT' });

describe('countNgrams', () => {
  it('agrees with counting in a map, counts and left neighbours', () => {
    fc.assert(
      fc.property(text, order, (tokens, n) => {
        const { levels } = countNgrams(tokens, { order: n, vocabularySize: 6 });
        let shorter = [''];
        for (let m = 1; m <= n; m++) {
          const level = levels[m];
          const names: string[] = [];
          for (let c = 0; c < shorter.length; c++) {
            for (let i = level.start[c]; i < level.start[c + 1]; i++) names.push(shorter[c] + level.token[i]);
          }
          const joined = tokens.join('');
          const expected = new Map<string, number>();
          for (let i = 0; i + m <= joined.length; i++) {
            const gram = joined.slice(i, i + m);
            expected.set(gram, (expected.get(gram) ?? 0) + 1);
          }
          expect(names).toEqual([...expected.keys()].sort());
          expect([...level.count]).toEqual(names.map((name) => expected.get(name)));
          const neighbours = names.map((name) => [...'012345'].filter((left) => joined.includes(left + name)).length);
          if (m < n) expect([...level.continuation]).toEqual(neighbours);
          shorter = names;
        }
      }),
      { seed: 1, numRuns: 100 },
    );
  });

  it('takes ids up to 65,535', () => {
    const model = trainNgram([65_535, 65_534, 65_535, 0], { order: 2, vocabularySize: 65_536 });
    expect(model.logProbability([65_534], 65_535)).toBeGreaterThan(model.logProbability([65_534], 0));
    const wide = trainNgram([151_642, 70_000, 151_642, 0], { order: 2, vocabularySize: 151_643 });
    expect(wide.logProbability([70_000], 151_642)).toBeGreaterThan(wide.logProbability([70_000], 0));
  });

  it('lets no n-gram reach across a boundary', () => {
    fc.assert(
      fc.property(text, order, (tokens, n) => {
        const { levels } = countNgrams(tokens, { order: n, vocabularySize: 6, boundary: 0 });
        let names = [''];
        for (let m = 1; m <= n; m++) {
          const level = levels[m];
          names = names.flatMap((name, c) =>
            [...level.token.subarray(level.start[c], level.start[c + 1])].map((token) => name + token),
          );
          const grams = tokens.map((_, i) => tokens.slice(i, i + m).join(''));
          const whole = grams.filter((gram) => gram.length === m && !gram.slice(1, -1).includes('0'));
          expect(names).toEqual([...new Set(whole)].sort());
          expect(level.count.reduce((sum, count) => sum + count, 0)).toBe(whole.length);
        }
      }),
      { seed: 4, numRuns: 100 },
    );
  });

  it('forgets what is before a boundary', () => {
    // 0 parts the documents 1 2, 1 3 and 2 3: what comes after "2 0 1" is what comes after "0 1".
    const ids = [0, 1, 2, 0, 1, 3, 0, 2, 3, 0];
    for (const smoothing of ngramSmoothings) {
      const model = trainNgram(ids, { order: 4, vocabularySize: 4, smoothing, boundary: 0 });
      expect(model.distribution([2, 0, 1])).toEqual(model.distribution([0, 1]));
      expect(model.distribution([2, 3, 0])).toEqual(model.distribution([0]));
    }
  });

  it('refuses bad input by name', () => {
    const ok = { order: 2, vocabularySize: 4 };
    expect(() => countNgrams([], ok)).toThrow(badArgument);
    for (const id of [4, -1, 0.5, Number.NaN]) expect(() => countNgrams([0, id], ok)).toThrow(/at index 1/);
    for (const bad of [0, -1, 1.5, 65]) expect(() => countNgrams(ids, { ...ok, order: bad })).toThrow(/n-gram order/);
    for (const bad of [0, 2 ** 24 + 1]) {
      expect(() => countNgrams(ids, { ...ok, vocabularySize: bad })).toThrow(/n-gram vocabularySize/);
    }
  });
});

describe('estimators', () => {
  it('maximum likelihood is the relative frequency', () => {
    const model = trainNgram(ids, { order: 2, vocabularySize, smoothing: 'maximum-likelihood' });
    expect([...model.distribution([0])]).toEqual([0, 2 / 3, 1 / 3, 0]);
    expect(model.logProbability([0], 3)).toBe(-Infinity);
    // c ends the text: it has no successor.
    expect([...model.distribution([2])]).toEqual([0.25, 0.25, 0.25, 0.25]);
  });

  it('add-k by hand', () => {
    const model = trainNgram(ids, { order: 2, vocabularySize, smoothing: 'add-k', k: 0.5 });
    expectClose(model.distribution([0]), [0.5 / 5, 2.5 / 5, 1.5 / 5, 0.5 / 5]);
    expectClose(model.distribution([3]), [0.25, 0.25, 0.25, 0.25]);
  });

  it('Witten-Bell by hand', () => {
    const model = trainNgram(ids, { order: 2, vocabularySize, smoothing: 'witten-bell' });
    // Unigrams: counts 3, 2, 1 of 6, three distinct: (c + 3 / 4) / 9.
    const unigram = [3.75 / 9, 2.75 / 9, 1.75 / 9, 0.75 / 9];
    expectClose(model.distribution([]), unigram);
    expectClose(model.distribution([2]), unigram);
    // After a: b twice, c once, two distinct: (c + 2 P(w)) / 5.
    expectClose(model.distribution([0]), [7.5 / 45, 23.5 / 45, 12.5 / 45, 1.5 / 45]);
  });

  it('modified Kneser-Ney by hand', () => {
    const model = trainNgram(ids, { order: 2, vocabularySize, smoothing: 'kneser-ney' });
    // a, b and c each have one left neighbour, so D1 = 0.5: 0.5 / 3 + 1.5 / 3 · 1 / 4 = 7 / 24, and d 1.5 / 3 · 1 / 4.
    expectClose(model.distribution([3]), [7 / 24, 7 / 24, 7 / 24, 3 / 24]);
    // After a: b twice (D2 = 1), c once (D1 = 0.5), of 3; 1.5 / 3 is left for the above.
    expectClose(model.distribution([0]), [7 / 48, 1 / 3 + 7 / 48, 1 / 6 + 7 / 48, 3 / 48]);
    // With no context, a unigram model of the counts 3, 2, 1: D = 0.5, 1, 1.5, and 3 / 6 left for 1 / 4.
    expectClose(model.distribution([]), [1.5 / 6 + 1 / 8, 1 / 6 + 1 / 8, 0.5 / 6 + 1 / 8, 1 / 8]);
  });

  it('stupid backoff by hand', () => {
    const model = trainNgram(ids, { order: 2, vocabularySize, smoothing: 'stupid-backoff' });
    // After a: b 2 / 3, c 1 / 3; a itself 0.4 · 3 / 6; d, seen nowhere, 0.4 · 0.4 · 1 / 4.
    const scores = [0.2, 2 / 3, 1 / 3, 0.04];
    for (const [t, score] of scores.entries()) expect(model.logProbability([0], t)).toBeCloseTo(Math.log(score), 12);
    const sum = scores.reduce((total, score) => total + score, 0);
    expectClose(
      model.distribution([0]),
      scores.map((score) => score / sum),
    );
  });

  it('takes its discounts from counts of counts, with a fall-back', () => {
    // n1 … n4 = 4, 2, 1, 1: Y = 1 / 2.
    expect(modifiedDiscounts(Uint32Array.of(1, 1, 1, 1, 2, 2, 3, 4, 9, 0))).toEqual([0, 0.5, 1.25, 1]);
    expect(modifiedDiscounts(Uint32Array.of(5, 6))).toEqual([0, 0.5, 1, 1.5]);
    // n2 = 1, n3 = 4 would make D2 negative.
    expect(modifiedDiscounts(Uint32Array.of(1, 1, 1, 1, 2, 3, 3, 3, 3, 4))).toEqual([0, 0.5, 1, 1.5]);
  });

  it('sum to 1 in any context and agree with logProbability', () => {
    fc.assert(
      fc.property(text, context, order, smoothing, (tokens, before, n, kind) => {
        const model = trainNgram(tokens, { order: n, vocabularySize: 7, smoothing: kind });
        const distribution = model.distribution(before);
        expect(distribution.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12);
        for (let t = 0; t < 7; t++) {
          const logProbability = model.logProbability(before, t);
          if (kind !== 'stupid-backoff') expect(Math.exp(logProbability)).toBeCloseTo(distribution[t], 12);
          if (kind !== 'maximum-likelihood') expect(logProbability).toBeGreaterThan(-Infinity);
        }
      }),
      { seed: 2, numRuns: 300 },
    );
  });

  it('refuse an unknown name and a k that adds nothing', () => {
    const unknown = 'kneser-nay' as NgramSmoothing;
    expect(() => trainNgram(ids, { order: 2, vocabularySize, smoothing: unknown })).toThrow(/'kneser-ney'/);
    expect(() => trainNgram(ids, { order: 2, vocabularySize, smoothing: 'add-k', k: 0 })).toThrow(badArgument);
    expect(() => trainNgram(ids, { order: 2, vocabularySize, smoothing: 'add-k', k: Infinity })).toThrow(badArgument);
  });
});

describe('crossEntropy', () => {
  it('is the mean of -ln P given everything before, for every order from one count', () => {
    fc.assert(
      fc.property(text, text, smoothing, fc.nat(3), (train, heldOut, kind, skip) => {
        const from = Math.min(skip, heldOut.length - 1);
        const weights = fitNgrams(countNgrams(train, { order: 4, vocabularySize: 6 }), kind);
        const byOrder = crossEntropyByOrder(weights, heldOut, { from });
        for (let n = 1; n <= 4; n++) {
          const model = trainNgram(train, { order: n, vocabularySize: 6, smoothing: kind });
          let sum = 0;
          for (let i = from; i < heldOut.length; i++) sum -= model.logProbability(heldOut.slice(0, i), heldOut[i]);
          const mean = sum / (heldOut.length - from);
          expect(byOrder[n]).toBe(crossEntropy(model, heldOut, { from }));
          if (mean === Infinity) expect(byOrder[n]).toBe(Infinity);
          else expect(byOrder[n]).toBeCloseTo(mean, 12);
        }
      }),
      { seed: 3, numRuns: 100 },
    );
  });

  it('refuses ids it cannot score', () => {
    const model = trainNgram(ids, { order: 2, vocabularySize });
    expect(() => crossEntropy(model, [])).toThrow(badArgument);
    expect(() => crossEntropy(model, [0, 4])).toThrow(badArgument);
    expect(() => crossEntropy(model, [0, 1], { from: 2 })).toThrow(badArgument);
    expect(() => model.distribution([4])).toThrow(/distribution: context/);
    expect(() => model.logProbability([], 4)).toThrow(/logProbability: next/);
  });
});

describe('sample', () => {
  const model = trainNgram(ids, { order: 2, vocabularySize, smoothing: 'maximum-likelihood' });

  it('continues the prompt with what the model allows', () => {
    // b is always followed by a, and a by b below 2 / 3, else by c.
    expect([...sample(model, () => 0.6, 4, [1])]).toEqual([0, 1, 0, 1]);
    expect([...sample(model, () => 0.7, 2, [1])]).toEqual([0, 2]);
    expect([...sample(model, () => 0, 0, [1])]).toEqual([]);
  });

  it('draws in proportion to the probabilities', () => {
    const unigram = trainNgram(ids, { order: 1, vocabularySize, smoothing: 'add-k' });
    let draws = 0;
    const drawn = sample(unigram, () => (draws++ + 0.5) / 1000, 1000);
    const frequency = [0, 1, 2, 3].map((t) => drawn.filter((token) => token === t).length / 1000);
    expect(frequency).toEqual([0.4, 0.3, 0.2, 0.1]);
  });

  it('refuses a bad prompt or length', () => {
    expect(() => sample(model, () => 0, 1, [4])).toThrow(/sample: prompt/);
    for (const length of [-1, 0.5]) expect(() => sample(model, () => 0, length)).toThrow(badArgument);
  });
});

function expectClose(actual: Float64Array, expected: number[]): void {
  expect(actual.length).toBe(expected.length);
  for (const [i, value] of expected.entries()) expect(actual[i]).toBeCloseTo(value, 14);
}
