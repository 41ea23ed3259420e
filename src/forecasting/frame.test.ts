import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LookbackError } from '../errors.ts';
import type { Row } from './cells.ts';
import { readFrame } from './readFrame.ts';
import type { FrameOptions } from './schema.ts';

const monthly = (values: readonly unknown[], year = 2020): Row[] =>
  values.map((value, i) => ({ month: `${year + Math.floor(i / 12)}-${String((i % 12) + 1).padStart(2, '0')}`, value }));
const refused = (rows: readonly Row[], options: FrameOptions, words: RegExp, code = 'DATA_INVALID') => {
  expect(() => readFrame(rows, options)).toThrow(
    expect.objectContaining({ code, message: expect.stringMatching(words) }),
  );
};

describe('rows as series', () => {
  it('reads one series with its times and what comes after', () => {
    const { series, future, notes } = readFrame(monthly(['1', 2, '3e0', 4n]));
    expect(series).toHaveLength(1);
    expect([...series[0].values]).toEqual([1, 2, 3, 4]);
    expect(series[0].times[3]).toBe('2020-04');
    expect(future(0, 2)).toEqual(['2020-05', '2020-06']);
    expect(notes).toEqual(['value: 4 values are too few for a season of 12']);
  });

  it('reads long form by id and wide form by several targets', () => {
    const long = monthly([1, 2, 3]).flatMap((row) => [
      { ...row, shop: 'a' },
      { ...row, shop: 'b', value: 9 },
    ]);
    expect(
      readFrame(long, { target: 'value', id: 'shop' }).series.map(({ name, values }) => [name, ...values]),
    ).toEqual([
      ['a', 1, 2, 3],
      ['b', 9, 9, 9],
    ]);
    const wide = [
      { t: 1, a: 1, b: 2 },
      { t: 2, a: 3, b: 4 },
    ];
    expect(readFrame(wide, { target: ['a', 'b'], time: 't' }).series.map(({ name }) => name)).toEqual(['a', 'b']);
  });

  it('names what does not fit', () => {
    refused([], {}, /no rows/);
    refused(monthly([1, 2, 'x', 4]), { target: 'value' }, /row 3, column value: "x" is not a number/);
    refused([...monthly([1, 2, 3]), { month: '2020-02', value: 5 }], {}, /1 time stands twice: 2020-02/);
    refused(monthly([1, null, 3]), {}, /1 value is missing: 2020-02/);
    refused(
      monthly([1, 2, 3, 4]).filter((_, i) => i !== 1),
      {},
      /value is missing: 2020-02/,
    );
    refused(
      [
        { month: '2020-01-01', value: 1 },
        { month: '2020-01-02', value: 1 },
        { month: '2020-01-03', value: 1 },
        { month: '2020-01-03 10:30', value: 2 },
      ],
      {},
      /does not lie on the steps/,
    );
    refused([{ month: 'soon', value: 1 }], {}, /"soon" is not a time/);
    refused(monthly([1, 2]), { target: 'valu' }, /Did you mean value/, 'BAD_ARGUMENT');
    refused([{ a: 1, b: 2 }], {}, /columns a, b could be forecast/, 'BAD_ARGUMENT');
    refused(
      [
        { time: 0, value: 1 },
        { time: 1, value: 1 },
        { time: 2, value: 1 },
        { time: 1e9, value: 2 },
      ],
      {},
      /are not there/,
    );
  });

  it('fills gaps as it is told, never by itself, and says so', () => {
    const rows = monthly([1, null, null, 4, 'NA', 6]);
    const filled = (missing: 'interpolate' | 'carry') => readFrame(rows, { target: 'value', missing });
    expect([...filled('interpolate').series[0].values]).toEqual([1, 2, 3, 4, 5, 6]);
    expect([...filled('carry').series[0].values]).toEqual([1, 1, 1, 4, 4, 6]);
    expect(filled('carry').notes[0]).toMatch(/3 missing values carried forward: 2020-02, 2020-03, 2020-05/);
  });

  it('sorts rows that are out of order and says so', () => {
    const { series, notes } = readFrame(monthly([1, 2, 3]).reverse());
    expect([...series[0].values]).toEqual([1, 2, 3]);
    expect(notes[0]).toMatch(/sorted/);
  });

  it('gives series or a coded error for any rows', () => {
    const cell = fc.oneof(
      fc.integer(),
      fc.double(),
      fc.constantFrom('', 'NA', '2020-01', '2020-02-31', 'x', null, undefined, true),
    );
    fc.assert(
      fc.property(
        fc.array(fc.record({ time: cell, value: cell }), { maxLength: 12 }),
        fc.constantFrom('carry' as const, 'interpolate' as const, undefined),
        (rows, missing) => {
          try {
            for (const { values } of readFrame(rows, { missing }).series)
              expect(values.every(Number.isFinite)).toBe(true);
          } catch (error) {
            expect(error).toBeInstanceOf(LookbackError);
          }
        },
      ),
      { seed: 7, numRuns: 500 },
    );
  });

  it('reads plain numbers, typed arrays, Dates and every column of a wide table', () => {
    expect([...readFrame([1, 2, 3]).series[0].values]).toEqual([1, 2, 3]);
    expect([...readFrame(Float32Array.of(1, 2)).series[0].values]).toEqual([1, 2]);
    expect([...readFrame([1, null, 3], { missing: 'carry' }).series[0].values]).toEqual([1, 1, 3]);
    expect(() => readFrame([1, 'x'] as never)).toThrow(/"x" is not a number/);
    expect(() => readFrame('rows' as never)).toThrow(/no list of rows/);
    const dates = [0, 1, 2].map((t) => ({ time: new Date(Date.UTC(2024, 0, 30 + t)), value: t }));
    expect(readFrame(dates).future(0, 1)).toEqual(['2024-02-02']);
    const wide = [1, 2, 3, 4].map((t) => ({ t, a: t, b: t < 3 ? null : t, c: t > 2 ? null : t, note: 'x' }));
    const { series, notes } = readFrame(wide, { target: '*', time: 't' });
    expect(series.map(({ name, values }) => [name, ...values])).toEqual([
      ['a', 1, 2, 3, 4],
      ['b', 3, 4],
      ['c', 1, 2],
    ]);
    expect(notes.join()).toMatch(/b begins at 3.*c ends at 2/);
  });

  it('finds the column of times by its name, else as the only one of dates', () => {
    const rows = [1, 2, 3].map((y) => ({ Datum: `2024-0${y}`, bis: `2024-0${y + 1}`, shop: 'a', y }));
    expect(readFrame(rows, { target: 'y' }).frequency).toEqual({ kind: 'integer', step: 1 });
    expect(readFrame(rows, { target: 'y', asOf: 'bis' }).series[0]).toMatchObject({
      start: '2024-01',
      frequency: 'month',
    });
    const named = rows.map((row) => ({ ...row, month: row.bis }));
    expect(readFrame(named, { target: 'y' }).series[0].start).toBe('2024-02');
  });

  it('reads quarters, weeks, months by name and integers that are dates', () => {
    const read = (times: readonly unknown[], options: FrameOptions = {}) => {
      const frame = readFrame(
        times.map((time, value) => ({ time, value })),
        { target: 'value', ...options },
      );
      return [frame.series[0].frequency, ...frame.future(0, 2)];
    };
    expect(read(['2024-Q3', '2024Q4', '2025-Q1'])).toEqual(['quarter', '2025-Q2', '2025-Q3']);
    expect(read(['2020-W52', '2020-W53', '2021-W01'])).toEqual(['week', '2021-W02', '2021-W03']);
    expect(read(['Jan 1 2000', 'Feb 1 2000', '1 March 2000'])).toEqual(['month', '2000-04-01', '2000-05-01']);
    expect(read(['30.12.2023', '31.12.2023', '1.1.2024'])).toEqual(['day', '2024-01-02', '2024-01-03']);
    expect(read(['31.12.2023 23:00', '01.01.2024 00:00'])).toEqual(['hour', '2024-01-01 01:00', '2024-01-01 02:00']);
    expect(() => read(['30.12.2023', '31.13.2023'])).toThrow(/"31\.13\.2023" is not a time/);
    expect(read([202311, 202312, 202401], { frequency: 'month' })).toEqual(['month', '2024-02', '2024-03']);
    expect(read([1704067200, 1704070800], { frequency: 'hour' })).toEqual([
      'hour',
      '2024-01-01 02:00:00',
      '2024-01-01 03:00:00',
    ]);
    expect(read(['998', '999', '1000', '1001'])).toEqual(['step', '1002', '1003']);
    expect(read(['2024-01-05', '2024-01-08', '2024-01-09'], { frequency: 'B' })).toEqual([
      'business day',
      '2024-01-10',
      '2024-01-11',
    ]);
  });

  it('puts doubled times together as it is told, in any order of rows', () => {
    const rows = [...monthly([1, 2, 3]), ...monthly([5, 6, 7]), ...monthly([0.1])];
    const read = (given: readonly Row[], duplicates: FrameOptions['duplicates']) => [
      ...readFrame(given, { duplicates }).series[0].values,
    ];
    expect(read(rows, 'mean')).toEqual([(0.1 + 1 + 5) / 3, 4, 5]);
    expect(read([...rows].reverse(), 'sum')).toEqual(read(rows, 'sum'));
    expect(read(rows, 'last')).toEqual([0.1, 6, 7]);
    refused(rows, { duplicates: 'first' as never }, /refuse, mean, sum, last/, 'BAD_ARGUMENT');
  });

  it('names series that are spaced differently', () => {
    const days = [1, 2, 3].map((d) => ({ month: `2020-01-0${d}`, value: d, id: 'b' }));
    refused(
      [...monthly([1, 2, 3]).map((row) => ({ ...row, id: 'a' })), ...days],
      { target: 'value', id: 'id' },
      /a one a month, b one a day/,
    );
    refused(
      [
        { month: '2020-01', value: 1 },
        { month: 7, value: 1 },
      ],
      {},
      /dates and plain integers/,
    );
  });
});
