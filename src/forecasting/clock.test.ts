import { describe, expect, it } from 'vitest';
import { Clock } from './clock.ts';
import { readFrame } from './readFrame.ts';

const hour = 3_600_000;
const code = (words: RegExp) =>
  expect.objectContaining({ code: 'DATA_INVALID', message: expect.stringMatching(words) });
const label = (at: number) => new Date(at).toISOString().slice(0, 16).replace('T', ' ');
/** What a clock in Berlin shows every hour from an instant on. */
const berlin = new Clock('Europe/Berlin');
const shown = (from: number, hours: number) =>
  Array.from({ length: hours }, (_, t) => ({ time: label(berlin.reading(from + t * hour)), y: t }));
const spring = shown(Date.UTC(2024, 2, 30, 23), 24);
const autumn = shown(Date.UTC(2024, 9, 26, 22), 25);
const timeZone = 'Europe/Berlin';

describe('local clocks', () => {
  it('skip an hour and repeat one', () => {
    expect(berlin.instants(Date.UTC(2024, 2, 31, 2, 30))).toEqual([]);
    expect(berlin.instants(Date.UTC(2024, 9, 27, 2, 30))).toEqual([
      Date.UTC(2024, 9, 27, 0, 30),
      Date.UTC(2024, 9, 27, 1, 30),
    ]);
    expect(berlin.instants(Date.UTC(2024, 5, 1, 12))).toEqual([Date.UTC(2024, 5, 1, 10)]);
    expect(berlin.offsetName(Date.UTC(2024, 5, 1))).toBe('+02:00');
    expect(new Clock('Asia/Kolkata').offsetName(0)).toBe('+05:30');
    expect(new Clock('America/St_Johns').offsetName(Date.UTC(2024, 0, 1))).toBe('-03:30');
    expect(() => new Clock('Mars/Olympus')).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }));
  });

  it('without a zone: the skipped hour is a gap, the repeated one doubled, both by name', () => {
    expect(() => readFrame(spring, { target: 'y' })).toThrow(
      code(/1 value is missing: 2024-03-31 02:00.*say timeZone/),
    );
    expect(() => readFrame(autumn, { target: 'y' })).toThrow(
      code(/1 time stands twice: 2024-10-27 02:00.*say timeZone/),
    );
  });

  it('with their zone: days of 23 and 25 hours without gap or double, labels with their offset', () => {
    const one = readFrame(spring, { target: 'y', timeZone });
    expect([...one.series[0].values]).toEqual(spring.map(({ y }) => y));
    expect(one.series[0].times.slice(1, 4)).toEqual([
      '2024-03-31 01:00+01:00',
      '2024-03-31 03:00+02:00',
      '2024-03-31 04:00+02:00',
    ]);
    const two = readFrame(autumn, { target: 'y', timeZone });
    expect(two.series[0].times.slice(2, 5)).toEqual([
      '2024-10-27 02:00+02:00',
      '2024-10-27 02:00+01:00',
      '2024-10-27 03:00+01:00',
    ]);
    expect(two.future(0, 1)).toEqual(['2024-10-28 00:00+01:00']);
  });

  it('with their zone: a time that never was is refused', () => {
    const wrong = [...spring.slice(0, 2), { time: '2024-03-31 02:00', y: 9 }, ...spring.slice(2)];
    expect(() => readFrame(wrong, { target: 'y', timeZone })).toThrow(
      code(/2024-03-31 02:00 never was in Europe\/Berlin/),
    );
  });

  it('instants show local days and hours to the calendar', () => {
    const rows = Array.from({ length: 48 }, (_, t) => ({
      time: `${label(Date.UTC(2024, 2, 30, 12) + t * hour)}Z`.replace(' ', 'T'),
      y: t,
    }));
    const frame = readFrame(rows, { target: 'y', timeZone, calendar: { hour: true } });
    expect(frame.series[0].times[0]).toBe('2024-03-30 13:00+01:00');
    const [sine] = frame.covariatesAt(0, 48, 1).future;
    // Midnight in Berlin, a day before and after the change.
    expect(sine[11]).toBeCloseTo(0, 12);
    expect(sine[34]).toBeCloseTo(0, 12);
  });

  it('days of a zone are days of its calendar', () => {
    const rows = ['2024-03-30', '2024-03-31', '2024-04-01', '2024-04-02'].map((date, y) => ({
      time: `${date}T00:00${date < '2024-03-31T02' ? '+01:00' : '+02:00'}`,
      y,
    }));
    expect(readFrame(rows, { target: 'y', timeZone }).future(0, 1)).toEqual(['2024-04-03 00:00']);
    expect(() => readFrame(rows, { target: 'y' })).toThrow(expect.objectContaining({ code: 'DATA_INVALID' }));
  });

  it('times with and without an offset do not mix', () => {
    const rows = [
      { time: '2024-01-01 00:00', y: 1 },
      { time: '2024-01-01 01:00Z', y: 2 },
    ];
    expect(() => readFrame(rows, { target: 'y' })).toThrow(code(/with and without an offset/));
  });
});
