import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { metricLine, resumedLine } from './metrics.ts';
import { MetricsReader } from './reader.node.ts';

let folder: string;
let path: string;
let cache: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lookback-reader-'));
  path = join(folder, 'metrics.jsonl');
  cache = join(folder, 'metrics.cache');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const row = (step: number, loss = step / 8) =>
  `${metricLine({ step, time: step, values: { loss, name: `é${step}` } })}\n`;
const rows = (from: number, to: number, scale = 1) =>
  Array.from({ length: to - from }, (_, i) => row(from + i, ((from + i) * scale) / 8)).join('');
const losses = (reader: MetricsReader) => [...(reader.table.column('loss')?.values ?? [])];
const fresh = () => {
  const reader = new MetricsReader(folder, { cache: false });
  reader.update();
  return losses(reader);
};

test('a reader takes in what is new, and a torn tail when it is whole', () => {
  const reader = new MetricsReader(folder);
  expect(reader.update()).toEqual({ lines: 0, restarted: false });
  writeFileSync(path, rows(1, 4));
  expect(reader.update()).toEqual({ lines: 3, restarted: false });
  const [line] = [row(4)];
  const bytes = new TextEncoder().encode(line);
  for (let at = 0; at < bytes.length - 1; at++) {
    appendFileSync(path, bytes.subarray(at, at + 1));
    expect(reader.update().lines).toBe(0);
  }
  appendFileSync(path, '\n');
  expect(reader.update().lines).toBe(1);
  expect(reader.table.texts.at(-1)?.text).toBe('é4');
  appendFileSync(path, `${resumedLine(2, 9)}\n${row(3, 30)}`);
  expect(reader.update()).toEqual({ lines: 2, restarted: true });
  expect(losses(reader)).toEqual([1 / 8, 2 / 8, 30]);
});

test('lines longer than a chunk and many chunks come through', () => {
  const long = metricLine({ step: 1, time: 1, values: { sample: 'é'.repeat(1_200_000) } });
  writeFileSync(path, `${long}\n${rows(2, 30_000)}`);
  const reader = new MetricsReader(folder, { cache: false });
  expect(reader.update().lines).toBe(29_999);
  expect(reader.table.texts[0].text).toHaveLength(1_200_000);
  expect(reader.table.rowCount).toBe(29_999);
});

test('a replaced or shortened file is read anew', () => {
  writeFileSync(path, rows(1, 100));
  const reader = new MetricsReader(folder);
  reader.update();
  writeFileSync(path, rows(1, 200, 2));
  expect(reader.update()).toEqual({ lines: 199, restarted: true });
  writeFileSync(path, rows(1, 3));
  expect(reader.update()).toEqual({ lines: 2, restarted: true });
  rmSync(path);
  expect(reader.update().restarted).toBe(true);
  expect(reader.table.rowCount).toBe(0);
});

test('a damaged line is named every time, and what stands before it is there', () => {
  writeFileSync(path, `${rows(1, 4)}{"step":4,"ti\0\0\n${rows(5, 8)}`);
  const reader = new MetricsReader(folder);
  for (let time = 0; time < 2; time++) {
    expect(() => reader.update()).toThrow(/metrics\.jsonl, line 4: no event/);
    expect(reader.table.rowCount).toBe(3);
  }
});

test('the cache opens without parsing, goes on from where it was, and knows its file', () => {
  writeFileSync(path, rows(1, 3000));
  const first = new MetricsReader(folder);
  first.update();
  expect(first.save()).toBe(true);
  expect(first.save()).toBe(false);

  const warm = new MetricsReader(folder);
  expect(warm.update().lines).toBe(2999);
  expect(losses(warm)).toEqual(losses(first));
  expect(warm.table.texts).toEqual(first.table.texts);

  appendFileSync(path, `${rows(3000, 6000)}${resumedLine(4000, 1)}\n${rows(4001, 4100, 3)}{"torn`);
  const grown = new MetricsReader(folder);
  grown.update();
  expect(losses(grown)).toEqual(fresh());
  warm.update();
  expect(losses(warm)).toEqual(fresh());
  expect(warm.save()).toBe(true);
  const again = new MetricsReader(folder);
  again.update();
  expect(losses(again)).toEqual(fresh());
});

test('the cache never wins over the file: edited, replaced or damaged, it is passed over', () => {
  const text = rows(1, 3000);
  const write = () => {
    writeFileSync(path, text);
    const reader = new MetricsReader(folder);
    reader.update();
    reader.save();
    expect(existsSync(cache)).toBe(true);
  };
  const reopened = () => {
    const reader = new MetricsReader(folder);
    reader.update();
    return losses(reader);
  };
  // An edit in the middle, the same size, then also with rows appended.
  for (const more of ['', rows(3000, 3100)]) {
    write();
    writeFileSync(path, text.replace('"loss":100,', '"loss":999,') + more);
    utimesSync(path, new Date(), new Date(1e12));
    expect(reopened()).toContain(999);
    expect(reopened()).toEqual(fresh());
  }
  // A file of the same size and time of change that ends otherwise.
  write();
  const { mtimeMs } = statSync(path);
  writeFileSync(path, text.replace('"loss":374.75,', '"loss":999.75,').replace('"loss":374.75,', '"loss":999.75,'));
  utimesSync(path, mtimeMs / 1000, mtimeMs / 1000);
  expect(reopened()).toEqual(fresh());

  write();
  const whole = readFileSync(cache);
  const damages = [0, 7, 15, 100, whole.length - 1].map((at) => {
    const copy = Uint8Array.from(whole);
    copy[at] ^= 1;
    return copy;
  });
  for (const damaged of [...damages, whole.subarray(0, 10), whole.subarray(0, -8), new Uint8Array()]) {
    writeFileSync(cache, damaged);
    expect(reopened()).toEqual(fresh());
  }
});
