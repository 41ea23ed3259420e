import { describe, expect, it } from 'vitest';
import { Random } from '../random.ts';
import { forecast } from './forecast.ts';
import { findPackage, loadHolidays, ownHolidays } from './holidays.ts';
import { extendFrame, readFrame } from './readFrame.ts';

const dated = (t: number, from = Date.UTC(2024, 0, 1)) => new Date(from + t * 86_400_000).toISOString().slice(0, 10);
const code = (given: string, words: RegExp) =>
  expect.objectContaining({ code: given, message: expect.stringMatching(words) });
const days = Array.from({ length: 30 }, (_, t) => ({
  date: dated(t),
  y: t < 25 ? 10 + t : null,
  price: t * 2,
  rain: t < 25 ? t % 3 : null,
  shop: 'a',
}));
const options = { target: 'y', future: ['price'], past: ['rain'], fixed: ['shop'] };

describe('covariates by role', () => {
  it('are cut at the origin: past columns end there, columns known ahead reach the horizon', () => {
    const frame = readFrame(days, options);
    expect(frame.series[0].values).toHaveLength(25);
    expect(frame.notes.join()).toMatch(/5 later rows are to be forecast and carry what is known ahead/);
    const { past, future, fixed } = frame.covariatesAt(0, 20, 5);
    expect([...past[0]]).toEqual(Array.from({ length: 20 }, (_, t) => t % 3));
    expect([...future[0]]).toEqual(Array.from({ length: 25 }, (_, t) => 2 * t));
    expect(fixed).toEqual([1]);
    expect(frame.names).toEqual({ past: ['rain'], future: ['price'], fixed: ['shop=a'] });
  });

  it('that are lacking in the horizon are named with their times', async () => {
    const frame = readFrame(days, options);
    expect(() => frame.covariatesAt(0, 25, 7)).toThrow(
      code('DATA_INVALID', /covariate price: 2 of the 7 values ahead are missing: 2024-01-31, 2024-02-01/),
    );
    await expect(forecast(days, { ...options, horizon: 7, backtest: 1 })).rejects.toThrow(
      code('DATA_INVALID', /list it under past/),
    );
  });

  it('with gaps are refused, or filled from before the origin alone', () => {
    const gappy = days.map((row, t) => (t === 10 ? { ...row, rain: null } : row));
    expect(() => readFrame(gappy, options)).toThrow(
      code('DATA_INVALID', /covariate rain: 1 value is missing: 2024-01-11/),
    );
    const filled = readFrame(gappy, { ...options, missing: 'interpolate' });
    // At origin 11 the value after the gap is not known yet.
    expect(filled.covariatesAt(0, 11, 1).past[0][10]).toBe(0);
    expect(filled.covariatesAt(0, 12, 1).past[0][10]).toBe(1);
  });

  it('have one role each and must be there', () => {
    expect(() => readFrame(days, { ...options, past: ['price'] })).toThrow(code('BAD_ARGUMENT', /cannot be both/));
    expect(() => readFrame(days, { ...options, future: ['prise'] })).toThrow(
      code('BAD_ARGUMENT', /Did you mean price/),
    );
    const moving = days.map((row, t) => ({ ...row, shop: `s${t}` }));
    expect(() => readFrame(moving, options)).toThrow(code('DATA_INVALID', /not the same throughout/));
  });

  it('known ahead can come later, without the target', () => {
    const frame = readFrame(days.slice(0, 25), options);
    const more = extendFrame(
      frame,
      days.slice(25).map(({ date, price, shop }) => ({ date, price, shop })),
      { ahead: true },
    );
    expect([...more.covariatesAt(0, 25, 5).future[0].subarray(25)]).toEqual([50, 52, 54, 56, 58]);
    expect(more.series[0].values).toHaveLength(25);
  });
});

describe('revised covariates', () => {
  // First published a day later, then corrected after a week.
  const rows = Array.from({ length: 20 }, (_, t) => [
    { date: dated(t), y: t, x: t, published: dated(t + 1) },
    { date: dated(t), y: t, x: 100 + t, published: dated(t + 7) },
  ]).flat();
  const frame = readFrame(rows, { target: 'y', past: ['x'], asOf: 'published' });

  it('are seen as they were published by the end of the last day known', () => {
    const at = (origin: number) => [...frame.covariatesAt(0, origin, 1).past[0]];
    // Day 4 is over; day 3 was published on it, day 4 not yet and carried forward; nothing was corrected.
    expect(at(5)).toEqual([0, 1, 2, 3, 3]);
    // On day 7 the first value has been corrected.
    expect(at(8)).toEqual([100, 1, 2, 3, 4, 5, 6, 6]);
    expect(frame.series[0].values).toHaveLength(20);
  });

  it('of the future are what was expected at the time', () => {
    const plans = Array.from({ length: 12 }, (_, t) => [
      { date: dated(t), y: t < 9 ? t : null, plan: 1, published: dated(t - 5) },
      { date: dated(t), y: t < 9 ? t : null, plan: 2, published: dated(t) },
    ]).flat();
    const planned = readFrame(plans, { target: 'y', future: ['plan'], asOf: 'published' });
    expect([...planned.covariatesAt(0, 5, 3).future[0]]).toEqual([2, 2, 2, 2, 2, 1, 1, 1]);
    expect(() => planned.covariatesAt(0, 3, 8)).toThrow(code('DATA_INVALID', /as known on 2024-01-03/));
  });
});

describe('the calendar', () => {
  it('gives waves, circles and holidays beyond the end of the data', async () => {
    const rows = Array.from({ length: 28 }, (_, t) => ({ date: dated(t, Date.UTC(2024, 11, 1)), y: t }));
    const frame = readFrame(rows, {
      target: 'y',
      calendar: { fourier: 3, weekday: true, holidays: ['2024-12-25', '2025-01-01'] },
    });
    const { future } = frame.covariatesAt(0, 28, 7);
    expect(frame.names.future).toHaveLength(6 + 2 + 1);
    expect(future.every((column) => column.length === 35 && column.every(Number.isFinite))).toBe(true);
    expect([...future[8]].flatMap((value, t) => (value === 1 ? [t] : []))).toEqual([24, 31]);
    // A week later the weekday and the waves of a week are the same.
    for (const column of future.slice(0, 8)) expect(column[20]).toBeCloseTo(column[13], 9);
    const germany = await loadHolidays('DE');
    const bavaria = await loadHolidays('de-by');
    const day = (text: string) => Date.parse(text) / 86_400_000;
    expect([germany.has(day('2024-12-25')), germany.has(day('2024-12-24')), germany.has(day('2025-01-06'))]).toEqual([
      true,
      false,
      false,
    ]);
    expect(bavaria.has(day('2025-01-06'))).toBe(true);
    await expect(loadHolidays('XX')).rejects.toThrow(code('BAD_ARGUMENT', /a country such as DE/));
    await expect(findPackage('no-such-holidays')).rejects.toThrow(
      code('PACKAGE_MISSING', /npm install no-such-holidays/),
    );
    expect(() => ownHolidays(['soon'])).toThrow(code('DATA_INVALID', /2024-12-25/));
  });

  it('counts the holidays of longer steps, and needs dates', () => {
    const months = Array.from({ length: 12 }, (_, t) => ({ month: `2024-${String(t + 1).padStart(2, '0')}`, y: t }));
    const frame = readFrame(months, {
      target: 'y',
      calendar: { holidays: ['2024-12-25', '2024-12-26', '2024-05-01'] },
    });
    expect([...frame.covariatesAt(0, 12, 1).future[0]]).toEqual([0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 2, 0]);
    expect(() => readFrame([1, 2, 3], { calendar: { weekday: true } })).toThrow(
      code('BAD_ARGUMENT', /times with dates/),
    );
    expect(() => readFrame(months, { target: 'y', period: 4, calendar: { fourier: 3 } })).toThrow(
      code('BAD_ARGUMENT', /half as many terms/),
    );
  });
});

it('regression uses what is known ahead, in the backtest and in the forecast', async () => {
  const random = new Random(1, 'promotion');
  const rows = Array.from({ length: 120 }, (_, t) => {
    const promotion = random.uniform() < 0.25 ? 1 : 0;
    return { date: dated(t), promotion, units: t < 113 ? 50 + 30 * promotion + random.normal() : undefined };
  });
  const result = await forecast(rows, {
    target: 'units',
    future: ['promotion'],
    horizon: 7,
    models: ['regression', 'theta'],
    backtest: 3,
  });
  expect(result.best).toBe('regression');
  const [best, next] = result.leaderboard;
  expect(best.rmse).toBeLessThan(0.2 * next.rmse);
  for (const [step, mean] of result.forecast[0].mean.entries()) {
    expect(Math.abs(mean - (50 + 30 * rows[113 + step].promotion))).toBeLessThan(3);
  }
  const { failed } = await forecast(rows.slice(0, 113), {
    target: 'units',
    past: ['promotion'],
    horizon: 2,
    models: ['regression'],
    backtest: 1,
  });
  expect(failed[0].problem).toMatch(/covariates known ahead/);
});
