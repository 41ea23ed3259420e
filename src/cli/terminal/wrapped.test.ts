import { expect, it } from 'vitest';
import { cut, wrapped } from './wrapped.ts';

it('breaks sentences between words where somebody looks, and nowhere else', () => {
  const text = 'There is no evidence that ets is better than a-name-that-is-too-long-for-a-line, none.';
  const lines = wrapped(text, { interactive: true, width: 24 }).split('\n');
  expect(lines.join(' ')).toBe(text);
  expect(lines.length).toBeGreaterThan(3);
  for (const line of lines) expect(line.length <= 24 || !line.includes(' ')).toBe(true);
  expect(wrapped(text, { interactive: false, width: 24 })).toBe(text);
});

it('cuts cells and says so', () => {
  expect([cut('ARIMA(2,1,1)', 20), cut('the last value, repeated', 10), cut('abc', 0)]).toEqual([
    'ARIMA(2,1,1)',
    'the last…',
    '…',
  ]);
});
