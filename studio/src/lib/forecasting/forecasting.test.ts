import { describe, expect, it } from 'vitest';
import { parseTable } from '../../../../src/data/tableText.ts';
import { type Fold, forecast, readFrame } from '../../../../src/forecasting/index.ts';
import { builtIns } from './builtIn.ts';
import { describeColumns } from './guess.ts';
import { commandLine, forecastCsv, leaderboardCsv, program } from './repeat.ts';
import { autocorrelation, histogram, residualsOf } from './residuals.ts';
import { askedOf, firstWishes, usualHorizon } from './wishes.ts';

const rolesOf = (rows: Record<string, unknown>[]) =>
  Object.fromEntries(describeColumns(rows).map(({ name, role }) => [name, role]));
const rowsOf = (name: string) => {
  const found = builtIns.find((each) => each.name === name);
  return parseTable(new TextEncoder().encode(found?.text() ?? ''), name);
};

describe('what the columns seem to be', () => {
  it('is right for the tables at hand', () => {
    expect(rolesOf(rowsOf('airline-passengers'))).toEqual({ month: 'time', passengers: 'target' });
    expect(rolesOf(rowsOf('shops'))).toEqual({ date: 'time', shop: 'series', promotion: 'future', units: 'target' });
    expect(rolesOf(rowsOf('sensor'))).toEqual({ time: 'time', temperature: 'target' });
    expect(rolesOf(rowsOf('price'))).toEqual({ date: 'time', close: 'target' });
  });

  it('takes years for times by their column, and numbers like years for numbers', () => {
    const rows = [1901, 1902, 1903].map((year, i) => ({ sunspots: 1950 + i, year }));
    expect(rolesOf(rows)).toEqual({ sunspots: 'target', year: 'time' });
  });

  it('finds no series where times stand once, nor a target where nothing is a number', () => {
    expect(rolesOf([{ date: '2024-01-01', note: 'a' }])).toEqual({ date: 'time', note: 'unused' });
    const [gap] = describeColumns([{ y: '' }, { y: '1' }, { y: '2' }]);
    expect(gap).toMatchObject({ kind: 'number', missing: 1, role: 'target' });
  });
});

describe('what is asked', () => {
  const models = [
    { name: 'naive', description: '', group: 'formula' },
    { name: 'ets', description: '', group: 'classical' },
    { name: 'lstm', description: '', group: 'network' },
  ] as const;
  const columns = describeColumns(rowsOf('shops'));
  const roles = Object.fromEntries(columns.map(({ name, role }) => [name, role]));

  it('names all classical models auto, networks with their head, and nothing but a formula where none is ticked', () => {
    const asked = (wishes: object) => askedOf(columns, roles, { ...firstWishes, ...wishes }, models);
    expect(asked({ models: ['lstm', 'ets'], head: 'quantile' })).toMatchObject({
      models: ['auto', 'lstm:quantile'],
      target: ['units'],
      future: ['promotion'],
      time: 'date',
      id: 'shop',
    });
    expect(asked({ models: [] }).models).toEqual(['naive']);
  });

  it('begins with a horizon that the series can carry', () => {
    const look = (length: number, period: number) => ({
      series: [{ name: 'y', values: new Float64Array(length), times: [] }],
      frequency: 'day',
      period,
      notes: [],
      lookback: 1,
      years: undefined,
    });
    expect(usualHorizon(look(144, 12))).toBe(12);
    expect(usualHorizon(look(144, 1))).toBe(12);
    expect(usualHorizon(look(20, 7))).toBe(4);
    expect(usualHorizon(look(2, 1))).toBe(1);
  });

  it('is said again as a command line and as a program', () => {
    const asked = {
      target: ["it's"],
      horizon: 3,
      models: ['auto'],
      backtest: 5,
      level: 0.9,
      seed: 1,
      calendar: true,
    } as const;
    expect(commandLine('my sales.csv', asked)).toBe(
      "lookback forecast 'my sales.csv' --target 'it'\\''s' --horizon 3 --models auto --backtest 5 --calendar",
    );
    expect(program('a"b.csv', asked)).toContain(
      `await forecast(await readTable('a"b.csv'), {\n  target: 'it\\'s',\n  horizon: 3,`,
    );
  });

  it('is judged and fed as the form says, in words that a shell takes', () => {
    const wishes = {
      ...firstWishes,
      origins: 6,
      stride: 2,
      gap: 1,
      window: 40,
      refit: 0,
      interval: 'adaptive',
      lookback: 9,
      calendar: true,
      holidays: ' US-CA ',
    } as const;
    const asked = askedOf([], {}, { ...wishes, models: ['theta'] }, []);
    expect(asked).toMatchObject({
      backtest: { folds: 6, stride: 2, gap: 1, window: 40, refit: false },
      interval: 'adaptive',
      lookback: 9,
      calendar: { holidays: 'US-CA', hour: true, weekday: true, month: true },
    });
    expect(commandLine('a.csv', asked)).toBe(
      'lookback forecast a.csv --horizon 12 --models naive --backtest 6 --stride 2 --gap 1 --lookback 9 --window 40 --refit 0 --calendar --holidays US-CA --interval adaptive',
    );
    expect(program('a.csv', asked)).toContain('backtest: { folds: 6, stride: 2, gap: 1, window: 40, refit: false },');
    const dated = askedOf([], {}, { ...firstWishes, models: [], holidays: '2024-12-25, 2025-01-01' }, []);
    expect(dated.calendar).toEqual({ holidays: ['2024-12-25', '2025-01-01'] });
    expect(commandLine('a.csv', dated, ',')).toMatch(/ --decimal , --holidays 2024-12-25,2025-01-01$/);
    expect(program('a.csv', dated, ',')).toContain("await readTable('a.csv', { decimal: ',' })");
    expect(askedOf([], {}, { ...firstWishes, models: [] }, [])).not.toHaveProperty('interval');
    expect(askedOf([], {}, { ...firstWishes, models: [], refit: 2 }, []).backtest).toEqual({ folds: 3, refit: 2 });
  });

  it('gives files whose cells are quoted where they must be', () => {
    const series = [{ name: 'a, "b"', times: ['2024'], mean: [1.5], lower: [1], upper: [2] }];
    expect(forecastCsv(series)).toBe('series,time,forecast,lower,upper\n"a, ""b""",2024,1.5,1,2\n');
    expect(leaderboardCsv([])).toBe('model,mae,rmse,mape,smape,mase,coverage,seconds,detail\n');
  });
});

describe('residuals', () => {
  const fold = (origin: number, truth: number[], mean: number[]): Fold => ({
    series: 0,
    turn: 0,
    origin,
    truth: Float64Array.from(truth),
    mean: Float64Array.from(mean),
  });

  it('take the nearest origin where several forecast a time', () => {
    const folds = [fold(10, [1, 2, 3], [0, 0, 0]), fold(12, [3, 4, 5], [1, 1, 1]), { ...fold(0, [9], [0]), series: 1 }];
    expect(residualsOf(folds, 0)).toEqual({
      at: [10, 11, 12, 13, 14],
      values: [1, 2, 2, 3, 4],
      ahead: [1, 2, 1, 2, 3],
    });
  });

  it('are counted whole in bins, also when they are all the same or few', () => {
    const values = Array.from({ length: 100 }, (_, i) => (i * 37) % 100);
    expect(histogram(values).reduce((sum, { count }) => sum + count, 0)).toBe(100);
    expect(histogram([2, 2, 2])).toEqual([{ from: 1.5, to: 2.5, count: 3 }]);
    expect(histogram([])).toEqual([]);
  });

  it('of a season of 4 stand at lag 4; of a constant nowhere', () => {
    const values = Array.from({ length: 40 }, (_, i) => [3, -1, -1, -1][i % 4]);
    const found = autocorrelation(values, 8);
    expect(found.indexOf(Math.max(...found))).toBe(3);
    expect(found[3]).toBeCloseTo(0.9, 10);
    expect(autocorrelation([1, 1, 1], 5)).toEqual([Number.NaN, Number.NaN]);
    expect(autocorrelation([1], 5)).toEqual([]);
  });
});

describe('the tables at hand', () => {
  it.each(builtIns.map(({ name }) => name))('%s can be read without a word', (name) => {
    const rows = rowsOf(name);
    const columns = describeColumns(rows);
    const asked = askedOf(columns, Object.fromEntries(columns.map((one) => [one.name, one.role])), firstWishes, []);
    const { series } = readFrame(rows, asked, name);
    expect(series.length).toBe(name === 'shops' ? 2 : 1);
    expect(series[0].period).toBe(
      { 'airline-passengers': 12, 'seattle-weather': 7, shops: 7, sensor: 144, price: 5 }[name],
    );
  });

  it('hold what they promise: nothing is shown to beat the last value of the random walk', async () => {
    const { leaderboard, verdict } = await forecast(rowsOf('price'), {
      target: 'close',
      horizon: 5,
      models: ['theta'],
      backtest: 12,
    });
    const naive = leaderboard.find(({ model }) => model === 'naive');
    expect(leaderboard[0].mase).toBeGreaterThan(0.9 * (naive?.mase ?? 0));
    expect(verdict).toMatch(/random walk/);
  });
});
