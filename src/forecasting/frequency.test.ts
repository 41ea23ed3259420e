import { describe, expect, it } from 'vitest';
import { frequencyName, inferFrequency, parseFrequency, stepFrom, stepsBetween, usualPeriod } from './frequency.ts';
import { formatTime, type Instant, parseTime } from './instant.ts';

const times = (labels: readonly (string | number)[]) => labels.map((label) => parseTime(label) as Instant);
const inferred = (labels: readonly (string | number)[]) => {
  const frequency = inferFrequency(times(labels), 'test');
  return [frequencyName(frequency), usualPeriod(frequency)];
};

describe('spacing of times', () => {
  it('is read from seconds to years', () => {
    expect(inferred(['2024-01-01 00:00:00', '2024-01-01 00:00:01', '2024-01-01 00:00:02'])).toEqual(['second', 60]);
    expect(inferred(['2024-01-01 00:00', '2024-01-01 00:10', '2024-01-01 00:20'])).toEqual(['10 minutes', 144]);
    expect(inferred(['2024-01-01 00:00', '2024-01-01 00:30', '2024-01-01 01:00'])).toEqual(['30 minutes', 48]);
    expect(inferred(['2024-01-01T00:00Z', '2024-01-01T01:00Z', '2024-01-01T02:00Z'])).toEqual(['hour', 24]);
    expect(inferred(['2024-01-01', '2024-01-02', '2024-01-03'])).toEqual(['day', 7]);
    expect(inferred(['2024-01-04', '2024-01-05', '2024-01-08', '2024-01-09'])).toEqual(['business day', 5]);
    expect(inferred(['2024-01-01', '2024-01-08', '2024-01-15'])).toEqual(['week', 52]);
    expect(inferred(['1949-01', '1949-02', '1949-03'])).toEqual(['month', 12]);
    expect(inferred(['2024-01-31', '2024-02-29', '2024-03-31', '2024-04-30'])).toEqual(['month', 12]);
    expect(inferred(['2024-01-01', '2024-04-01', '2024-07-01'])).toEqual(['quarter', 4]);
    expect(inferred(['1949', '1950', '1951'])).toEqual(['year', 1]);
    expect(inferred([10, 20, 30])).toEqual(['10 steps', 1]);
  });

  it('goes on past the end, over short months, leap years and weekends', () => {
    const after = (label: string, frequency: string, steps: number) => {
      const { at, precision } = parseTime(label) as Instant;
      return formatTime(stepFrom(parseFrequency(frequency), at, steps), precision);
    };
    expect(after('2024-01-31', 'month', 1)).toBe('2024-02-29');
    expect(after('2023-12', 'month', 2)).toBe('2024-02');
    expect(after('2024-02-29', 'year', 1)).toBe('2025-02-28');
    expect(after('2024-01-05', 'business day', 1)).toBe('2024-01-08');
    expect(after('2024-12-31 23:50', '10 minutes', 1)).toBe('2025-01-01 00:00');
    expect(after('2024-10-01', 'quarter', 1)).toBe('2025-01-01');
  });

  it('counts the steps it makes, for every spacing', () => {
    for (const text of ['second', '10 minutes', 'day', 'business day', 'week', 'month', 'quarter', 'year', '7 steps']) {
      const frequency = parseFrequency(text);
      const start = (parseTime('2023-01-31') as Instant).at;
      for (const steps of [0, 1, 2, 11, 30, 59, 400]) {
        expect(stepsBetween(frequency, start, stepFrom(frequency, start, steps)), `${text} ${steps}`).toBe(steps);
      }
    }
  });

  it('knows times that do not exist, and zones', () => {
    for (const label of ['2024-02-30', '2024-13-01', '2024-01-01 24:00', 'yesterday', '1/2/2024', '', Number.NaN, {}]) {
      expect(parseTime(label), String(label)).toBeUndefined();
    }
    expect(parseTime('2024-01-01T01:00+01:00')?.at).toBe(parseTime('2024-01-01T00:00Z')?.at);
    expect(() => parseFrequency('fortnight')).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }));
  });
});
