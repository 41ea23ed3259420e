import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import '../backends/init.ts';
import { tanh } from '../math.ts';
import { Forecaster, GPT, RecurrentLanguageModel } from '../models/index.ts';
import { Random } from '../random.ts';
import { add, inference, type Tensor, tensor } from '../tensor/index.ts';
import { CharacterTokenizer } from '../text/index.ts';
import {
  attentionPattern,
  attentionPictures,
  gradientThroughTime,
  type LanguageSubject,
  predictions,
  readText,
  recurrentActivity,
  recurrentQuantities,
  type Subject,
  samplingStep,
  weightOfByte,
} from './index.ts';

const tokenizer = CharacterTokenizer.fromText('abcdefgh <>&');
const V = tokenizer.vocabularySize;
const random = new Random(5, 'inspect');
const gpt = new GPT({ vocabulary: V, context: 16, layers: 3, heads: 2, width: 8 }, { random }).eval();
const recurrent = (kind: 'rnn' | 'lstm' | 'gru') =>
  new RecurrentLanguageModel({ vocabulary: V, kind, layers: 2, width: 6 }, { random }).eval();
const lstm = recurrent('lstm');
const shown = (model: LanguageSubject['model'], text = 'abcabc <a> fed') => readText(model, tokenizer, text).subject;

describe('a text', () => {
  it('is cut in front where it is longer than the context, and says by how much', () => {
    const { tokens, dropped, subject } = readText(gpt, tokenizer, 'abcdefgh abcdefgh abc');
    expect([tokens.join(''), dropped, subject.ids.length]).toEqual(['fgh abcdefgh abc', 5, 16]);
    expect(readText(lstm, tokenizer, 'abcdefgh abcdefgh abc').dropped).toBe(0);
  });

  it('is refused when empty or when it holds a character the model has never seen', () => {
    expect(() => readText(gpt, tokenizer, '')).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }));
    expect(() => readText(gpt, tokenizer, 'abcé')).toThrow(
      expect.objectContaining({ code: 'DATA_INVALID', message: expect.stringContaining('"é" (U+00E9) at index 3') }),
    );
  });
});

describe('predictions', () => {
  it.each([
    ['gpt', gpt],
    ['lstm', lstm],
  ] as const)('hold probabilities, and surprise whose mean is the loss (%s)', (_, model) => {
    const subject = shown(model);
    const { ids } = subject;
    const told = predictions(subject, { top: V });
    expect(told).toHaveLength(ids.length);
    for (const { top, entropy } of told) {
      expect(top.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 12);
      expect(top.every(({ probability }, i) => i === 0 || probability <= top[i - 1].probability)).toBe(true);
      expect(entropy).toBeGreaterThan(0);
    }
    expect(told.at(-1)?.next).toBeUndefined();
    const surprises = told.slice(0, -1).map(({ next }) => next?.surprise ?? Number.NaN);
    const mean = surprises.reduce((sum, each) => sum + each, 0) / surprises.length;
    const batch = (from: number, to: number) => tensor(ids.slice(from, to), { shape: [1, to - from] });
    const loss = inference(() => model.loss(batch(0, ids.length - 1), batch(1, ids.length)).item());
    expect(mean).toBeCloseTo(loss, 5);
    const { next, top } = told[2];
    expect(top[(next?.rank ?? 0) - 1]).toEqual({ id: ids[3], probability: next?.probability });
  });
});

describe('a sampling step', () => {
  it('shows the distribution before and after filtering, and draws from what is left', () => {
    fc.assert(
      fc.property(
        fc.record({
          temperature: fc.constantFrom(0, 0.3, 1, 2.5),
          topK: fc.option(fc.integer({ min: 1, max: V + 3 }), { nil: undefined }),
          topP: fc.option(fc.double({ min: 0.05, max: 1, noNaN: true }), { nil: undefined }),
          seed: fc.nat(1000),
        }),
        ({ seed, ...settings }) => {
          const step = samplingStep(shown(gpt), settings, new Random(seed, 'step'));
          const total = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0);
          expect([total(step.before), total(step.after)].every((sum) => Math.abs(sum - 1) < 1e-12)).toBe(true);
          expect(step.after[step.id]).toBeGreaterThan(0);
          expect(step.kept).toBe(step.after.filter((p) => p > 0).length);
          expect(step.kept).toBeLessThanOrEqual(settings.temperature === 0 ? 1 : (settings.topK ?? V));
          expect(samplingStep(shown(gpt), settings, new Random(seed, 'step')).id).toBe(step.id);
        },
      ),
      { numRuns: 60, seed: 1 },
    );
    expect(() => samplingStep(shown(gpt), { temperature: -1 }, random)).toThrow(/temperature/);
  });
});

describe('attention', () => {
  it('gives rows that sum to 1 and never look ahead', () => {
    const subject = shown(gpt);
    const T = subject.ids.length;
    const pattern = attentionPattern(subject, 2, 1);
    for (let i = 0; i < T; i++) {
      const row = pattern.subarray(i * T, (i + 1) * T);
      expect(row.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 5);
      expect(row.subarray(i + 1).every((weight) => weight === 0)).toBe(true);
    }
    for (const [layer, head] of [
      [3, 0],
      [0, 2],
      [-1, 0],
      [0.5, 0],
    ]) {
      expect(() => attentionPattern(subject, layer, head)).toThrow(
        expect.objectContaining({ code: 'INDEX_OUT_OF_RANGE' }),
      );
    }
    expect(() => attentionPattern(shown(lstm), 0, 0)).toThrow(/expected a model that has any/);
  });

  it.each([1, 5, 14, 64])('is pictured by the largest weight of each block (%i cells)', (asked) => {
    const subject = shown(gpt);
    const T = subject.ids.length;
    const { layers, heads, cells, values } = attentionPictures(subject, asked);
    expect([layers, heads, cells, values.length]).toEqual([3, 2, Math.min(T, asked), 6 * Math.min(T, asked) ** 2]);
    for (const [layer, head] of [
      [0, 0],
      [2, 1],
    ]) {
      const pattern = attentionPattern(subject, layer, head);
      const expected = new Float64Array(cells * cells);
      for (let at = 0; at < T * T; at++) {
        // The block of a row: the last one that begins at or before it.
        const block = (index: number) => {
          let found = 0;
          while (found + 1 < cells && Math.floor(((found + 1) * T) / cells) <= index) found++;
          return found;
        };
        const to = block(Math.floor(at / T)) * cells + block(at % T);
        expected[to] = Math.max(expected[to], pattern[at]);
      }
      const from = (layer * heads + head) * cells * cells;
      expected.forEach((weight, at) => {
        expect(Math.abs(Math.sqrt(weightOfByte(values[from + at])) - Math.sqrt(weight))).toBeLessThan(0.6 / 255);
      });
    }
    expect(attentionPictures(shown(lstm)).values).toHaveLength(0);
  });
});

describe('recurrent activity', () => {
  it('is what the equations say: h = o ⊙ tanh(c), gates between 0 and 1', () => {
    const subject = shown(lstm);
    for (const layer of [0, 1]) {
      const of = (quantity: string) => recurrentActivity(subject, layer, quantity).values;
      const [cell, hidden, output, forget, input, candidate] = recurrentOrder.map(of);
      for (const [i, h] of hidden.entries()) expect(h).toBeCloseTo(output[i] * tanh(cell[i]), 5);
      for (const gate of [output, forget, input]) expect(gate.every((value) => value > 0 && value < 1)).toBe(true);
      const H = 6;
      for (let i = H; i < cell.length; i++) {
        expect(cell[i]).toBeCloseTo(forget[i] * cell[i - H] + input[i] * candidate[i], 5);
      }
    }
  });
  const recurrentOrder = ['cell', 'hidden', 'output', 'forget', 'input', 'candidate'];

  it.each(['rnn', 'gru'] as const)('has its own quantities (%s)', (kind) => {
    const subject = shown(recurrent(kind));
    for (const quantity of recurrentQuantities(kind)) {
      const { hidden, values } = recurrentActivity(subject, 1, quantity);
      expect([hidden, values.length, values.every(Number.isFinite)]).toEqual([6, 6 * subject.ids.length, true]);
    }
    for (const wrong of ['cell', 'toString', '']) {
      expect(() => recurrentActivity(subject, 0, wrong)).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }));
    }
    expect(() => recurrentActivity(subject, 2, 'hidden')).toThrow(/layer/);
  });
});

describe('the gradient through time', () => {
  /** ‖∂loss(position)/∂embedding at s‖ by central differences. */
  function measured(subject: LanguageSubject, position: number, s: number): number {
    const { model, ids } = subject;
    const C = model.config.width;
    const targets = Int32Array.from({ length: position + 1 }, (_, t) => (t === position ? ids[position + 1] : -100));
    const lossWith = (c: number, shift: number) =>
      inference(() => {
        const seen = tensor(ids.slice(0, position + 1), { shape: [1, position + 1] });
        const tap = {
          wants: (name: string) => name === 'embedding',
          activation: (_: string, value: Tensor) => {
            const delta = new Float32Array(value.size);
            delta[s * C + c] = shift;
            return add(value, tensor(delta, { shape: value.shape }));
          },
        };
        return model.loss(seen, tensor(targets, { shape: [1, position + 1] }), { tap }).item();
      });
    // The GPT starts with embeddings of 0.02 and norms right after: less would drown in rounding, more in curvature.
    const shift = 0.003;
    let squares = 0;
    for (let c = 0; c < C; c++) squares += ((lossWith(c, shift) - lossWith(c, -shift)) / (2 * shift)) ** 2;
    return Math.sqrt(squares);
  }

  it.each([
    ['gpt', gpt],
    ['lstm', lstm],
    ['gru', recurrent('gru')],
    ['rnn', recurrent('rnn')],
  ] as const)('is the derivative of the loss by each step’s embedding (%s)', (kind, model) => {
    const subject = shown(model);
    const position = 6;
    const { value, traces } = gradientThroughTime(subject, position);
    const names = kind === 'gpt' ? ['blocks.0.output', 'blocks.1.output'] : [`${kind}.0.state`, `${kind}.1.state`];
    expect(traces.map(({ name }) => name)).toEqual(['embedding', ...names]);
    expect(value).toBeCloseTo(predictions(subject)[position].next?.surprise ?? 0, 5);
    for (const { norms } of traces) expect(norms).toHaveLength(position + 1);
    for (const s of [0, 3, 6]) {
      const expected = measured(subject, position, s);
      expect(Math.abs(traces[0].norms[s] - expected)).toBeLessThan(0.02 * expected + 2e-4);
      expect(traces[1].norms[s]).toBeGreaterThan(0);
    }
    for (const wrong of [-1, subject.ids.length - 1, 1.5])
      expect(() => gradientThroughTime(subject, wrong)).toThrow(/position/);
  });

  it('of a forecaster reaches through the window', () => {
    for (const kind of ['lstm', 'transformer', 'linear'] as const) {
      const config = { kind, lookback: 8, horizon: 3, hidden: 4, layers: 2, heads: 2 };
      const model = new Forecaster(config, { random }).eval();
      const subject: Subject = { model, window: Float32Array.from({ length: 8 }, (_, t) => t / 8) };
      const { traces } = gradientThroughTime(subject, 2);
      const names = {
        lstm: ['lstm.0.state', 'lstm.1.state'],
        transformer: ['embedding', 'blocks.0.output'],
        linear: [],
      };
      expect(traces.map(({ name }) => name)).toEqual(names[kind]);
      for (const { norms } of traces) expect(norms.every((norm) => norm > 0)).toBe(true);
      expect(attentionPictures(subject).cells).toBe(8);
      if (kind === 'lstm') expect(recurrentActivity(subject, 1, 'cell').values).toHaveLength(32);
    }
  });
});
