import { expect, it } from 'vitest';
import { FitLine } from './fitLine.ts';

function told(live: boolean): string {
  let said = '';
  let time = 0;
  const terminal = {
    write: () => undefined,
    writeError: (text: string) => {
      said += text;
    },
    width: 100,
    colour: false,
    live,
  };
  const line = new FitLine(terminal, () => time);
  for (let step = 0; step <= 100; step++, time += 100) {
    line.update({ model: 'lstm', origin: 2, origins: 3, step, steps: 100 });
  }
  // A model without steps of its own.
  line.update({ model: 'arima', origin: 3, origins: 3, step: 0, steps: 0 });
  line.clear();
  return said;
}

it('rewrites a line on a terminal and takes it away', () => {
  const said = told(true);
  expect(said).toContain('lstm, origin 2/3: step  50/100');
  expect(said).toMatch(/step {2}50\/100 {2}10\.0 steps\/s {2}5\.0 s left/);
  expect(said.endsWith('\r\x1b[2Karima, origin 3/3\r\x1b[2K')).toBe(true);
  expect(said).not.toContain('\n');
});

it('prints a plain line now and then elsewhere', () => {
  const lines = told(false).trim().split('\n');
  expect(lines).toHaveLength(2);
  expect(lines[0]).toMatch(/^lstm, origin 2\/3: step .*left$/);
});
