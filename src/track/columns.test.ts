import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MetricTable } from './columns.ts';
import { type MetricValue, metricLine, parseMetrics, resumedLine } from './metrics.ts';

const value = fc.oneof(
  fc.float({ noDefaultInfinity: true }).map((x) => (Object.is(x, -0) ? 0 : x)),
  fc.constantFrom<MetricValue>(Infinity, -Infinity, 'a sample'),
);
const line = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.tuple(fc.nat(40), fc.dictionary(fc.constantFrom('loss', 'lr', 'accuracy', '<b>'), value)),
  },
  { weight: 1, arbitrary: fc.nat(40) },
);
const lineOf = (event: number | [number, Record<string, MetricValue>]) =>
  typeof event === 'number'
    ? resumedLine(event, 1)
    : metricLine({ step: event[0], time: 2 * event[0], values: event[1] });

function tableOf(lines: readonly string[]): MetricTable {
  const table = new MetricTable();
  for (const each of lines) table.append(each);
  return table;
}

/** The points of one metric as `parseMetrics` has them, and the texts. */
function truth(lines: readonly string[], name: string) {
  return parseMetrics(lines).flatMap(({ step, time, values }) =>
    typeof values[name] === 'number' ? [{ step, time, value: values[name] }] : [],
  );
}

test('the columns hold what parseMetrics says, whatever is logged, resumed and left out', () => {
  fc.assert(
    fc.property(fc.array(line, { maxLength: 60 }), (events) => {
      const lines = events.map(lineOf);
      const table = tableOf(lines);
      const rows = parseMetrics(lines);
      expect([...table.steps]).toEqual(rows.map(({ step }) => step));
      for (const name of ['loss', 'lr', 'accuracy', '<b>']) {
        const points = truth(lines, name);
        const range = table.range(name, { points: 1000 });
        expect(table.names.includes(name)).toBe(points.length > 0);
        expect([...(range?.last ?? [])]).toEqual(points.map(({ value }) => value));
        expect([...(range?.steps ?? [])]).toEqual(points.map(({ step }) => step));
        expect([...(range?.times ?? [])]).toEqual(points.map(({ time }) => time));
      }
      const texts = rows.flatMap(({ values }, row) =>
        Object.entries(values).flatMap(([name, text]) => (typeof text === 'string' ? [{ row, name, text }] : [])),
      );
      expect(table.texts).toEqual(texts);
    }),
    { seed: 11, numRuns: 300 },
  );
});

test('a thinned range keeps the least, the greatest and the last of every bucket', () => {
  const noisy = fc.array(fc.float({ noDefaultInfinity: true }), { minLength: 1, maxLength: 700 });
  fc.assert(
    fc.property(noisy, fc.nat(800), fc.nat(800), fc.integer({ min: 2, max: 40 }), (values, a, b, points) => {
      const table = tableOf(values.map((loss, step) => metricLine({ step, time: 0, values: { loss } })));
      const [from, to] = [Math.min(a, b), Math.max(a, b)];
      const range = table.range('loss', { from, to, points });
      const inside = values.slice(from, to + 1);
      expect(range?.count).toBe(inside.length);
      const { size = 0, steps = [], min = [], max = [], last = [], mean = [] } = range ?? {};
      expect(steps.length).toBeLessThanOrEqual(points);
      let begin = from;
      for (const [bucket, step] of [...steps].entries()) {
        const part = [...Float32Array.from(values.slice(begin, step + 1))];
        expect(part.length).toBeLessThanOrEqual(size);
        const numbers = part.filter((x) => !Number.isNaN(x));
        expect(min[bucket]).toEqual(numbers.length > 0 ? Math.min(...numbers) || 0 : Number.NaN);
        expect(max[bucket] + 0).toEqual(numbers.length > 0 ? Math.max(...numbers) + 0 : Number.NaN);
        expect(last[bucket] + 0).toEqual((part.at(-1) ?? 0) + 0);
        const finite = part.filter(Number.isFinite);
        const exact = finite.reduce((sum, x) => sum + x, 0) / finite.length;
        // Float64 sums in another order, rounded to float32: terms of both signs may cancel.
        const size32 = finite.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
        if (finite.length === 0) expect(mean[bucket]).toBeNaN();
        else expect(Math.abs(mean[bucket] - exact)).toBeLessThanOrEqual(1e-7 * size32 + 1e-45);
        begin = step + 1;
      }
      expect(begin).toBe(Math.max(from, Math.min(values.length, to + 1)));
    }),
    { seed: 12, numRuns: 200 },
  );
});

test('a pyramid that was asked before follows what is appended and voided later', () => {
  const table = new MetricTable();
  const fresh: string[] = [];
  const log = (from: number, to: number, scale: number) => {
    for (let step = from; step < to; step++)
      fresh.push(metricLine({ step, time: 0, values: { loss: (step * 7919 * scale) % 101 } }));
  };
  let taken = 0;
  const check = () => {
    for (; taken < fresh.length; taken++) table.append(fresh[taken]);
    expect(table.range('loss', { points: 9 })).toEqual(tableOf(fresh).range('loss', { points: 9 }));
  };
  log(0, 1000, 1);
  check();
  log(1000, 1777, 1);
  check();
  fresh.push(resumedLine(600, 0));
  log(601, 1200, 3);
  check();
  expect(table.revision).toBe(1);
  expect(table.range('loss')?.count).toBe(1200);
});

test('what is no event is refused and changes nothing; hostile names are names', () => {
  const table = tableOf([metricLine({ step: 1, time: 1, values: { '<script>': 1, '../../etc': 2, constructor: 3 } })]);
  expect(table.names).toEqual(['<script>', '../../etc', 'constructor']);
  const damaged = [
    '',
    '{"step":2,"time":1,"loss":[]}',
    '{"step":"2","time":1}',
    '{"resumed":"0","time":1}',
    '{"step":1e999,"time":0}',
  ];
  for (const each of damaged) {
    expect(() => table.append(each)).toThrow(expect.objectContaining({ code: 'FILE_INVALID' }));
  }
  table.append('{"step":2,"time":1,"__proto__":{"polluted":1}}'.replace('{"polluted":1}', '5'));
  expect(table.rowCount).toBe(2);
  expect(table.names).toHaveLength(3);
  expect(() => table.range('constructor', { points: 1 })).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }));
  expect(table.range('loss')).toBeUndefined();
});
