import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { MetricRow, MetricValue } from './metrics.ts';
import { createRun, exportFormats, exportRun, importRun, openRun } from './node.ts';
import { writeTensorBoard } from './tensorboard.ts';
import { writeCsv } from './transfer.ts';

let root: string;
let files: string;
beforeEach(() => {
  files = mkdtempSync(join(tmpdir(), 'lookback-transfer-'));
  root = join(files, 'runs');
});
afterEach(() => rmSync(files, { recursive: true, force: true }));

const coded = (code: string) => expect.objectContaining({ code });
const put = (name: string, content: string | Uint8Array) => {
  writeFileSync(join(files, name), content);
  return join(files, name);
};
const imported = (name: string, content: string, step?: string) =>
  importRun(put(name, content), { root, step }).metrics();
const contents = (rows: readonly MetricRow[]) => rows.map(({ step, values }) => [step, values]);

const hostile = [
  '=HYPERLINK("http://x")',
  '+1',
  '-1',
  '@a',
  "'",
  "'=1",
  'a,b',
  'a"b',
  'a\nb',
  ' a ',
  '<script>',
  '../../x',
  '1e5',
  'nan',
  '\t',
];
const text = fc.oneof(fc.constantFrom(...hostile), fc.string({ minLength: 1 }));
const number = fc.oneof(
  fc.double().map((x) => (Object.is(x, -0) ? 0 : x)),
  fc.constantFrom(Number.NaN, Infinity, -Infinity),
);
const name = text.filter(
  (each) => !/^_*(global_?)?(step|time|timestamp|iter|iteration|wall_?time)_*$/i.test(each.trim()),
);
const row = fc.record({
  time: fc.integer({ min: 1, max: 2e9 }),
  values: fc.dictionary(
    name,
    fc.oneof(
      number,
      text.filter((each) => !/^-?(NaN|Infinity)$/.test(each)),
    ),
    {
      minKeys: 1,
      noNullPrototype: true,
    },
  ),
});

test.each(['csv', 'jsonl'] as const)('%s brings back every row, whatever its names and texts are', (format) => {
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 8 }), (rows) => {
      rmSync(files, { recursive: true, force: true });
      mkdirSync(files);
      const run = createRun({ root, recipe: {}, seed: 1, backend: 'reference', versions: {} });
      for (const [step, each] of rows.entries()) run.append({ step, ...each });
      run.close();
      const path = exportRun(run, format, join(files, `out.${format}`));
      expect(importRun(path, { root }).metrics()).toEqual(run.metrics());
    }),
    { seed: 21, numRuns: 60 },
  );
});

test('a spreadsheet finds no formula in a CSV', () => {
  const values: Record<string, MetricValue> = Object.fromEntries(
    hostile.map((each, i) => [each, hostile[hostile.length - 1 - i]]),
  );
  const csv = [...writeCsv([{ step: 1, time: 1, values: { loss: -1, ...values } }])].join('');
  const cells = csv.split(/[,\n]/).map((cell) => cell.replace(/^"/, ''));
  expect(cells.filter((cell) => /^[=+\-@\t]/.test(cell))).toEqual(['-1']);
});

describe('import', () => {
  test('reads the tables that others write', () => {
    expect(imported('a.csv', 'Wall time,Step,Value\n1700000000.5,2,0.5\n1700000000,1,inf\n')).toEqual([
      { step: 1, time: 1700000000, values: { Value: Infinity } },
      { step: 2, time: 1700000000.5, values: { Value: 0.5 } },
    ]);
    expect(
      contents(imported('b.jsonl', '{"_step":3,"_timestamp":5,"loss":1,"ok":true,"gap":null}\n{"_step":4,"lo')),
    ).toEqual([[3, { loss: 1, ok: 1 }]]);
    expect(contents(imported('c.csv', 'epoch,loss,name\n1,,first\n2,.5,\n', 'epoch'))).toEqual([
      [1, { name: 'first' }],
      [2, { loss: 0.5 }],
    ]);
    const own =
      '{"step":1,"time":1,"loss":1}\n{"step":2,"time":1,"loss":2}\n{"resumed":1,"time":2}\n{"step":2,"time":3,"loss":"NaN"}\n';
    expect(contents(imported('d.jsonl', own))).toEqual([
      [1, { loss: 1 }],
      [2, { loss: Number.NaN }],
    ]);
  });

  test('makes an ordinary finished run that began when its rows did', () => {
    const path = put('log.csv', 'step,time,loss\n1,1700000000,3\n2,1700000009,2\n');
    const run = importRun(path, { root, project: 'old', tags: ['w'], name: 'mine' });
    const { record } = openRun('mine', root);
    expect(run.status).toBe('finished');
    expect(record).toMatchObject({ project: 'old', tags: ['w'], summary: { loss: 2 } });
    expect(record.started).toBe(new Date(1700000000 * 1000).toISOString());
    expect(run.recipe()).toEqual({ imported: 'log.csv', format: 'csv' });
  });

  test('takes a folder of event files, and nothing that a link points to', () => {
    const logs = join(files, 'logs');
    mkdirSync(join(logs, 'eval'), { recursive: true });
    mkdirSync(join(files, 'elsewhere'));
    const events = (tag: string, step: number) =>
      Buffer.concat([...writeTensorBoard([{ step, time: 5, values: { [tag]: 1, step: 2 } }])]);
    writeFileSync(join(logs, 'events.out.tfevents.1'), events('loss', 1));
    writeFileSync(join(logs, 'eval', 'events.out.tfevents.1'), events('loss', 1));
    writeFileSync(join(files, 'elsewhere', 'events.out.tfevents.1'), events('secret', 1));
    symlinkSync(join(files, 'elsewhere'), join(logs, 'link'));
    symlinkSync(join(files, 'elsewhere', 'events.out.tfevents.1'), join(logs, 'tfevents'));
    const rows = importRun(logs, { root }).metrics();
    expect(rows).toEqual([{ step: 1, time: 5, values: { 'eval/loss': 1, 'eval/step': 2, loss: 1, step_: 2 } }]);
  });

  test('refuses what it cannot read, names the place, and leaves nothing behind', () => {
    const wrong: [name: string, content: string | Uint8Array, message: RegExp][] = [
      ['a.csv', '', /no numbers/],
      ['b.csv', 'step,loss\n1,2\n3\n', /line 3/],
      ['c.csv', 'loss,x\n1,2\n', /line 2: no column of steps.*--step/],
      ['d.csv', 'step,loss\none,2\n', /line 2: no finite number in "step"/],
      ['e.csv', 'step,loss,loss\n1,2,3\n', /two columns/],
      ['f.csv', Uint8Array.of(0xff, 0xfe, 0), /not UTF-8/],
      ['g.jsonl', '{"step":1}\n{"step":2,"loss":{}}\n', /line 2: "loss" is neither/],
      ['h.jsonl', '[1]\n', /line 1: it is no object/],
      ['i.jsonl', 'x\n{"step":1,"loss":1}\n', /line 1: it is not JSON/],
      ['j.tfevents', 'step,loss\n1,2\n3,4\n', /byte 0.*checksum/],
      ['k.bin', 'x', /--format/],
    ];
    for (const [file, content, message] of wrong) {
      const attempt = () => importRun(put(file, content), { root });
      expect(attempt, file).toThrow(coded('FILE_INVALID'));
      expect(attempt, file).toThrow(message);
    }
    mkdirSync(join(files, 'empty'));
    expect(() => importRun(join(files, 'empty'), { root })).toThrow(/no event file/);
    expect(() => importRun(join(files, 'none'), { root })).toThrow(coded('FILE_NOT_FOUND'));
    const proto = put('p.jsonl', '{"step":1,"__proto__":7}\n');
    expect(Object.keys(importRun(proto, { root }).metrics()[0].values)).toEqual(['__proto___']);
    expect(readdirSync(root)).toHaveLength(1);
  });
});

test('an export never writes over a file', () => {
  const run = createRun({ root, recipe: {}, seed: 1, backend: 'reference', versions: {} });
  run.log(1, { loss: 1 });
  run.close();
  for (const format of exportFormats) {
    const out = join(files, `out-${format}`);
    const path = exportRun(run, format, out);
    const before = readFileSync(path);
    expect(() => exportRun(run, format, out)).toThrow(coded('BAD_ARGUMENT'));
    expect(readFileSync(path)).toEqual(before);
  }
});
