import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LookbackError } from '../errors.ts';
import { LSTM } from '../nn/index.ts';
import { Random } from '../random.ts';
import { airlinePassengers } from '../series/airline.ts';
import { inference, scope, tensor } from '../tensor/index.ts';
import { anomalies } from './anomalies.ts';
import type { Row } from './cells.ts';
import { forecast } from './forecast.ts';
import { FittedForecaster, fitForecaster } from './forecaster.ts';
import { ForecastStream, RecurrentStream } from './stream.ts';

const { values } = airlinePassengers();
const airline: Row[] = Array.from(values, (passengers, i) => ({
  month: `${1949 + Math.floor(i / 12)}-${String((i % 12) + 1).padStart(2, '0')}`,
  passengers,
}));
const first = airline.slice(0, 96);
const code = (given: string, words = /./) =>
  expect.objectContaining({ code: given, message: expect.stringMatching(words) });
const fitted = (models: string[], rows: readonly Row[] = first) =>
  fitForecaster(rows, { target: 'passengers', horizon: 6, models, backtest: 2 });
/** The forecaster of that model, whoever won. */
const only = (keep: string) =>
  fitForecaster(first.slice(36), { target: 'passengers', horizon: 6, models: [keep], keep, backtest: 1 });

describe('a fitted forecaster', () => {
  it.each(['ets', 'theta', 'arima', 'stl-ets', 'combined', 'ridge-linear', 'gru'])(
    '%s: saved and read again, it forecasts the same bits',
    async (name) => {
      const forecaster = await only(name);
      const before = forecaster.predict();
      const again = await FittedForecaster.load(forecaster.save());
      expect(again.predict()).toEqual(before);
      // Both go on alike with new observations, and neither is refitted: no other number of parameters or form.
      const newer = airline.slice(96, 99);
      expect([forecaster.update(newer), again.update(newer)]).toEqual([3, 3]);
      expect(again.predict()).toEqual(forecaster.predict());
      expect(again.predict()[0].times[0]).toBe('1957-04');
      expect(again.detail).toBe(forecaster.detail);
      expect(again.predict()).not.toEqual(before);
    },
  );

  it('takes new rows in one by one as all at once', async () => {
    const [a, b] = [await fitted(['ets']), await fitted(['ets'])];
    for (const row of airline.slice(96, 100)) a.update([row]);
    b.update(airline.slice(96, 100));
    expect(a.predict()).toEqual(b.predict());
    await a.refit();
    expect(a.predict()[0].times).toEqual(b.predict()[0].times);
  });

  it('refuses rows that are known, of another series or off the grid, and can skip known ones', async () => {
    const forecaster = await fitted(['theta']);
    expect(() => forecaster.update(airline.slice(95, 97))).toThrow(
      code('DATA_INVALID', /1956-12 is not after 1956-12/),
    );
    expect(forecaster.update(airline.slice(90, 98), { known: 'skip' })).toBe(2);
    expect(() => forecaster.update(airline.slice(99, 100))).toThrow(code('DATA_INVALID', /missing: 1957-03/));
    expect(() => forecaster.update([{ month: '1957-03-15', passengers: 1 }])).toThrow(code('DATA_INVALID'));
    expect(() => forecaster.predict(undefined, { horizon: 7 })).toThrow(code('BAD_ARGUMENT', /from 1 to 6/));
    expect(forecaster.predict(undefined, { horizon: 2, level: 0.5 })[0].mean).toHaveLength(2);
    await expect(forecaster.resume()).rejects.toThrow(code('UNSUPPORTED', /Use refit/));
  });

  it('a network continues training after having been saved', async () => {
    const rows = Array.from({ length: 90 }, (_, t) => ({ t, y: [0, 3, 1, 4, 2][t % 5] + 0.1 * t }));
    const net = await fitForecaster(rows, {
      target: 'y',
      time: 't',
      period: 5,
      horizon: 3,
      models: ['gru'],
      backtest: 1,
    });
    const forecaster = net.model === 'gru' ? net : undefined;
    if (!forecaster) return expect(net.leaderboard.map(({ model }) => model)).toContain('gru');
    const loaded = await FittedForecaster.load(forecaster.save());
    const before = loaded.predict();
    await loaded.resume();
    expect(loaded.predict()).not.toEqual(before);
    expect(loaded.predict()[0].mean.every(Number.isFinite)).toBe(true);
  });

  it('bytes that are something else are refused', async () => {
    const bytes = (await fitted(['theta'])).save();
    await expect(FittedForecaster.load(bytes.slice(0, 40))).rejects.toThrow(code('FILE_INVALID'));
    await expect(FittedForecaster.load(new Uint8Array(100))).rejects.toThrow(code('FILE_INVALID'));
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.nat(255), async (at, byte) => {
        const broken = bytes.slice();
        broken[at] = byte;
        try {
          await FittedForecaster.load(broken);
        } catch (error) {
          expect(error).toBeInstanceOf(LookbackError);
        }
      }),
      { seed: 3, numRuns: 40 },
    );
  });
});

describe('streams', () => {
  it('a forecaster goes on step by step', async () => {
    const stream = new ForecastStream(await fitted(['ets']));
    const { expected, ahead } = stream.push(airline.slice(96, 97));
    expect(expected[0].times[0]).toBe('1957-01');
    expect(ahead[0].times[0]).toBe('1957-02');
  });

  it('a recurrent layer keeps its state: steps are the whole sequence', () => {
    const layer = new LSTM(2, 5, { layers: 2, random: new Random(1, 'stream') });
    const x = Float32Array.from({ length: 24 }, (_, i) => ((i * 7) % 11) / 5 - 1);
    const whole = scope(() =>
      inference(() =>
        layer
          .forward(tensor(x, { shape: [1, 12, 2] }))
          .output.dataSync()
          .slice(),
      ),
    );
    const stream = new RecurrentStream(layer);
    for (let t = 0; t < 12; t++) {
      expect([...stream.step(x.subarray(2 * t, 2 * t + 2))]).toEqual([...whole.subarray(5 * t, 5 * t + 5)]);
      // As if the process had ended here.
      if (t === 6)
        stream.state = JSON.parse(JSON.stringify(stream.state, (_, v) => (v instanceof Float32Array ? [...v] : v))).map(
          (one: { hidden: number[]; cell: number[] }) => ({
            hidden: Float32Array.from(one.hidden),
            cell: Float32Array.from(one.cell),
          }),
        );
    }
  });
});

describe('anomalies', () => {
  const random = new Random(4, 'sensor');
  const quiet = Array.from({ length: 500 }, () => 10 + random.normal());

  it('are found where they are, and false alarms are as rare as asked', async () => {
    const loud = quiet.slice();
    loud[300] += 9;
    loud[420] -= 9;
    const { anomalies: found, judged } = await anomalies(loud, { quantile: 0.99 });
    expect(found.map(({ at }) => at)).toEqual(expect.arrayContaining([300, 420]));
    expect(found.length / judged.length).toBeLessThan(0.04);
    const share = async (quantile: number) => {
      const { anomalies: marked, judged: all } = await anomalies(quiet, { quantile, models: ['ets'] });
      return marked.length / all.length;
    };
    expect(await share(0.9)).toBeGreaterThan(0.04);
    expect(await share(0.9)).toBeLessThan(0.2);
  });

  it('depend on nothing later', async () => {
    const changed = quiet.map((value, t) => (t < 400 ? value : 0));
    const early = ({ judged }: Awaited<ReturnType<typeof anomalies>>) => judged.filter(({ at }) => at < 400);
    expect(early(await anomalies(changed, { models: ['ets'] }))).toEqual(
      early(await anomalies(quiet, { models: ['ets'] })),
    );
  });

  it('refuses what makes no sense', async () => {
    await expect(anomalies([1, 2, 3])).rejects.toThrow(code('DATA_INVALID'));
    await expect(anomalies(quiet, { quantile: 1 })).rejects.toThrow(code('BAD_ARGUMENT'));
  });
});

describe('what users of other tools complain of', () => {
  it('NaN goes in silently and comes out: refused, or filled and said', async () => {
    const rows = Array.from({ length: 40 }, (_, t) => ({ y: t === 20 ? Number.NaN : (t % 4) + 0.01 * t }));
    await expect(forecast(rows, { horizon: 3 })).rejects.toThrow(code('DATA_INVALID', /1 value is missing: 20/));
    for (const missing of ['interpolate', 'carry', 'mask'] as const) {
      const {
        forecast: ahead,
        notes,
        leaderboard,
      } = await forecast(rows, { horizon: 3, missing, period: 4, models: ['theta', 'gru'], backtest: 2 });
      expect(ahead[0].mean.every(Number.isFinite)).toBe(true);
      expect(leaderboard.every(({ rmse }) => Number.isFinite(rmse))).toBe(true);
      expect(notes.join()).toMatch(/1 missing value /);
    }
  });

  it('a gap at the end of a history is not filled with what followed it', async () => {
    const run = async (after: number) => {
      const rows = Array.from({ length: 40 }, (_, t) => ({ y: t === 29 ? null : t === 30 ? after : t % 7 }));
      const { folds } = await forecast(rows, { horizon: 10, backtest: 1, missing: 'interpolate', models: ['theta'] });
      return folds[0].mean;
    };
    expect(await run(5)).toEqual(await run(500));
  });

  it('the order of rows changes nothing', async () => {
    const shuffled = [...first.entries()].sort(([i], [j]) => ((i * 37) % 96) - ((j * 37) % 96)).map(([, row]) => row);
    const options = { target: 'passengers', horizon: 4, models: ['theta'], backtest: 2 };
    const [a, b] = [await forecast(first, options), await forecast(shuffled, options)];
    expect(b.forecast).toEqual(a.forecast);
    expect(b.notes.join()).toMatch(/have been sorted/);
    const two = first.flatMap((row) => [
      { ...row, id: 'b' },
      { ...row, id: 'a', passengers: 1 },
    ]);
    const long = await forecast(two, { ...options, id: 'id' });
    expect(await forecast([...two].reverse(), { ...options, id: 'id' }).then(({ forecast: ahead }) => ahead)).toEqual(
      long.forecast,
    );
  });

  it('a 10-minute frequency, and a horizon longer than the history', async () => {
    const rows = Array.from({ length: 300 }, (_, t) => ({
      time: new Date(Date.UTC(2024, 0, 1) + t * 600_000).toISOString().slice(0, 16),
      y: t % 144,
    }));
    const { frequency, period, forecast: ahead } = await forecast(rows, { horizon: 2, models: ['theta'], backtest: 1 });
    expect([frequency, period, ahead[0].times[0]]).toEqual(['10 minutes', 144, '2024-01-03 02:00']);
    await expect(forecast(rows, { horizon: 301 })).rejects.toThrow(code('DATA_INVALID', /shorter horizon/));
  });

  it('any rows and options give a result or a coded error', async () => {
    const cell = fc.oneof(
      fc.integer({ min: -5, max: 5 }),
      fc.double(),
      fc.constantFrom(
        '',
        'NA',
        '2020-01',
        '2020-02',
        '2020-03',
        '2020-01-01T00:00Z',
        '12,5',
        'x',
        null,
        undefined,
        true,
        7n,
        new Date(0),
        new Date(Number.NaN),
        {},
        [],
      ),
    );
    const row = fc.record({ time: cell, value: cell, other: cell, id: fc.constantFrom('a', 'b', undefined) });
    const asked = fc.record({
      horizon: fc.constantFrom(0, 1, 3, Number.NaN),
      target: fc.constantFrom('value', '*', 'nothing', undefined),
      time: fc.constantFrom('time', undefined),
      id: fc.constantFrom('id', undefined),
      future: fc.constantFrom(['other'], undefined),
      asOf: fc.constantFrom('other', undefined),
      missing: fc.constantFrom('carry' as const, 'interpolate' as const, 'mask' as const, undefined),
      duplicates: fc.constantFrom('mean' as const, 'last' as const, undefined),
      frequency: fc.constantFrom('month', 'day', 'soon', undefined),
      timeZone: fc.constantFrom('Europe/Berlin', 'nowhere', undefined),
      calendar: fc.constantFrom(true as const, { fourier: 1 }, undefined),
    });
    const plain = fc.array(fc.oneof(fc.integer({ min: 0, max: 9 }), fc.constantFrom(null, Number.NaN)), {
      maxLength: 30,
    });
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.array(row, { maxLength: 14 }), plain), asked, async (rows, options) => {
        try {
          const { forecast: ahead } = await forecast(rows as Row[], { ...options, models: ['theta'], backtest: 1 });
          for (const { mean } of ahead) expect(mean.every(Number.isFinite)).toBe(true);
        } catch (error) {
          if (!(error instanceof LookbackError)) throw error;
        }
      }),
      { seed: 11, numRuns: 300 },
    );
  });
});
