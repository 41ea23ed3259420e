/** What the lecture's figures compute, without a page: the same code that its worker runs. */
import { beforeAll, describe, expect, it } from 'vitest';
import { init } from '../../src/backends/init.ts';
import { exercises } from '../../src/learn/index.ts';
import { log } from '../../src/math.ts';
import { Random } from '../../src/random.ts';
import {
  distanceToLast,
  errorOf,
  from,
  monthName,
  months,
  persistence,
  seasonalStep,
} from '../../studio/src/lib/lecture/airline.ts';
import { attend, d } from '../../studio/src/lib/lecture/attend.ts';
import { T, trainCell } from '../../studio/src/lib/lecture/cell.ts';
import { chapters } from '../../studio/src/lib/lecture/chapters.ts';
import { descend, heightAt, type Settings, start, totalSteps } from '../../studio/src/lib/lecture/descent.ts';
import { exerciseNames } from '../../studio/src/lib/lecture/exerciseNames.ts';
import { drawText } from '../../studio/src/lib/lecture/grammar.ts';
import { trainOneStep } from '../../studio/src/lib/lecture/oneStep.ts';
import type { CellTrace, OneStepTrace } from '../../studio/src/lib/lecture/protocol.ts';

describe('chapters', () => {
  it('have the exercises of their own', () => {
    expect(exerciseNames).toEqual(Object.fromEntries(exercises.map(({ number, name }) => [number, name])));
    expect(chapters.flatMap((chapter) => chapter.exercises).sort((a, b) => a - b)).toEqual(
      exercises.map(({ number }) => number),
    );
    for (const { number, chapter } of exercises) {
      expect(chapters.find(({ name }) => name === chapter)?.exercises).toContain(number);
    }
  });
});

describe('the cell that remembers', () => {
  beforeAll(async () => {
    await init();
  });

  async function train(kind: 'rnn' | 'lstm'): Promise<CellTrace[]> {
    const traces: CellTrace[] = [];
    await trainCell(
      kind,
      { steps: 200, every: 100 },
      (trace) => traces.push(trace),
      async () => {},
    );
    return traces;
  }

  it('learns as an LSTM and not as an RNN, whose gradient has vanished on the way', async () => {
    const [lstm, rnn] = [await train('lstm'), await train('rnn')];
    expect(lstm.at(-1)?.loss).toBeLessThan(0.05);
    expect(rnn.at(-1)?.loss).toBeGreaterThan(0.8);
    const reach = ({ gradient }: CellTrace) => gradient[0] / gradient[T - 1];
    expect(reach(rnn[0])).toBeLessThan(1e-4);
    expect(reach(lstm[0])).toBeGreaterThan(10 * reach(rnn[0]));
    expect(lstm[0].gates.map((row) => row.length)).toEqual(new Array(T).fill(24));
    expect(rnn[0]).toMatchObject({ gates: [], cells: [] });
  });
});

describe('attention over a sentence', () => {
  it('gives weights that add up to one and sums that they explain', () => {
    const { words, scores, weights, v, mixed } = attend(' the whale  saw the ship ', { causal: true, scaled: true });
    expect(words).toEqual(['the', 'whale', 'saw', 'the', 'ship']);
    weights.forEach((row, i) => {
      const powers = scores[i].map((score, j) => (j <= i ? Math.exp(score) : 0));
      const total = powers.reduce((sum, power) => sum + power);
      row.forEach((weight, j) => {
        expect(weight).toBeCloseTo(powers[j] / total, 6);
      });
      for (let c = 0; c < d; c++) {
        expect(mixed[i][c]).toBeCloseTo(
          row.reduce((sum, weight, j) => sum + weight * v[j][c], 0),
          5,
        );
      }
    });
    const unscaled = attend('the whale', { causal: false, scaled: false });
    expect(unscaled.scores[0][1]).toBeCloseTo(2 * attend('the whale', { causal: false, scaled: true }).scores[0][1], 5);
    expect(attend('', { causal: true, scaled: true }).words).toEqual([]);
  });
});

describe('the artificial language', () => {
  it('has the entropy of its choices, and verbs that agree', () => {
    const { text, entropy } = drawText(new Random(1, 'text'), 40_000);
    const sentences = text.trimEnd().split('\n');
    for (const sentence of sentences) {
      const [, plural, verb] = /^the [a-z]+?(s?)(?: that the [a-z]+ [a-z]+)? ([a-z]+)\.$/.exec(sentence) ?? [];
      expect(verb, sentence).toBeDefined();
      expect([sentence, verb.endsWith('s')]).toEqual([sentence, plural === '']);
    }
    // Number, noun, clause or not, verb; and in half of them noun, number and verb of the clause.
    const nats = 2 * log(2) + 2 * log(6) + 0.5 * (log(6) + log(2) + log(4));
    expect(entropy).toBeCloseTo((nats * sentences.length) / text.length, 2);
  });
});

describe('the descent', () => {
  const usual: Settings = {
    sgdRate: -1.8,
    adamRate: -1.1,
    momentum: 0.9,
    schedule: 'constant',
    clip: false,
    steepness: 20,
  };

  it('goes down for all three, and says when one is thrown out', () => {
    const walks = descend(usual);
    for (const { points } of walks) {
      expect(points).toHaveLength(totalSteps);
      expect(points[0][2]).toBeCloseTo(heightAt(...start, 20), 6);
      expect(points.at(-1)?.[2]).toBeLessThan(points[0][2] / 20);
    }
    const [sgd] = descend({ ...usual, sgdRate: 0 });
    expect(sgd.points.at(-1)?.[2]).toBeGreaterThan(1e4);
    const [clipped] = descend({ ...usual, sgdRate: 0, clip: true });
    expect(clipped.points.at(-1)?.[2]).toBeLessThan(1e3);
  });
});

describe('one step ahead', () => {
  beforeAll(async () => {
    await init();
  });

  it('has the errors of the two formulas over the last 48 months', () => {
    expect([from, monthName(from), monthName(months.length - 1)]).toEqual([96, '1957-01', '1960-12']);
    expect(errorOf(persistence)).toBeCloseTo(48.0, 1);
    expect(errorOf(seasonalStep)).toBeCloseTo(15.6, 1);
    expect(distanceToLast(persistence)).toBe(0);
  });

  it('trains a model that is worth less on its own, and sees no truth there', async () => {
    const traces: OneStepTrace[] = [];
    await trainOneStep(
      { steps: 150, every: 150 },
      (trace) => traces.push(trace),
      async () => {},
    );
    const [first, last] = traces;
    expect(last.loss).toBeLessThan(first.loss / 5);
    expect(errorOf(last.ahead)).toBeLessThan(errorOf(first.ahead));
    expect(errorOf(last.ahead)).toBeGreaterThan(errorOf(seasonalStep));
    expect(errorOf(last.alone)).toBeGreaterThan(errorOf(last.ahead));
    // Both begin from the same true months.
    expect(last.alone[0]).toBeCloseTo(last.ahead[0], 2);
    expect(last.alone[1]).not.toBeCloseTo(last.ahead[1], 2);
  });
});
