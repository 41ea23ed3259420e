import { expect, it } from 'vitest';
import { PhaseLine } from './phaseLine.ts';

function told({ live = true, json = false, width = 80 } = {}): string[] {
  let time = 0;
  const said: string[] = [];
  const writeError = (text: string) => said.push(text);
  const line = new PhaseLine({ write: writeError, writeError, width, colour: false, live }, { json, now: () => time });
  line.update({ phase: 'making tokens' });
  for (let done = 0; done <= 1000; done += 100, time += 50) {
    line.update({ phase: 'counting', where: 'order 2 of 3', done: done * 1000, total: 1e6, unit: 'n-grams' });
  }
  line.update({ phase: 'reading', done: 7, unit: 'MB' });
  line.clear();
  line.clear();
  return said;
}

it('rewrites one line with what is done, the rate and the time left, and takes it away', () => {
  const said = told();
  expect(said.slice(0, 3)).toEqual([
    '\r\x1b[2Kmaking tokens',
    '\r\x1b[2Kcounting, order 2 of 3  0 of 1.0M n-grams',
    '\r\x1b[2Kcounting, order 2 of 3  200k of 1.0M n-grams  2.0M/s  400 ms left',
  ]);
  // A look every 100 ms, a new phase at once, its clock anew.
  expect(said).toHaveLength(9);
  expect(said.slice(-2)).toEqual(['\r\x1b[2Kreading  7 MB', '\r\x1b[2K']);
  for (const text of told({ width: 40 })) expect(text.length).toBeLessThanOrEqual('\r\x1b[2K'.length + 39);
});

it('says nothing to a file, a pipe or a machine', () => {
  expect(told({ live: false })).toEqual([]);
  expect(told({ json: true })).toEqual([]);
});
