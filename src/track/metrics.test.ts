import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type MetricRow, type MetricValue, metricLine, parseMetrics, resumedLine } from './metrics.ts';

const row = (step: number, values: Record<string, MetricValue> = { loss: step / 2 }): MetricRow => ({
  step,
  time: step,
  values,
});

test('any number comes back, infinite and undefined ones too', () => {
  const value = fc.oneof(fc.double(), fc.constantFrom(Number.NaN, Infinity, -Infinity));
  fc.assert(
    fc.property(fc.nat(), value, (step, loss) => {
      // JSON has no negative zero.
      const expected = Object.is(loss, -0) ? 0 : loss;
      expect(parseMetrics([metricLine(row(step, { loss }))])).toEqual([row(step, { loss: expected })]);
    }),
    { seed: 7, numRuns: 200 },
  );
  expect(metricLine(row(1, { loss: Number.NaN }))).toBe('{"step":1,"time":1,"loss":"NaN"}');
});

test('a resume voids earlier rows beyond its step, and only those', () => {
  const lines = [1, 2, 3, 4].map((step) => metricLine(row(step)));
  lines.push(resumedLine(2, 9), metricLine(row(3, { loss: 30 })), resumedLine(3, 10), metricLine(row(4, { loss: 40 })));
  expect(parseMetrics(lines)).toEqual([row(1), row(2), row(3, { loss: 30 }), row(4, { loss: 40 })]);
});

test('reserved names and lines that are no events are refused', () => {
  expect(() => metricLine(row(1, { step: 2 }))).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }));
  for (const line of ['', '{', 'null', '[]', '{"step":1}', '{"step":1,"time":2,"loss":{}}']) {
    const parse = () => parseMetrics([metricLine(row(1)), line], 'm.jsonl');
    expect(parse).toThrow(expect.objectContaining({ code: 'FILE_INVALID' }));
    expect(parse).toThrow(/m\.jsonl, line 2/);
  }
});
