import { describe, expect, test } from 'vitest';
import { parseSeries, type SeriesColumns } from './csv.node.ts';

const csv = (text: string, columns: SeriesColumns = {}) => parseSeries(text, columns, 'x.csv');
const numbers = (values: Float64Array[]) => values.map((column) => [...column]);

/** The message of a DATA_INVALID. */
function refusal(text: string, columns?: SeriesColumns): string {
  const parse = () => csv(text, columns);
  expect(parse).toThrow(expect.objectContaining({ code: 'DATA_INVALID' }));
  try {
    parse();
  } catch (error) {
    return (error as Error).message;
  }
  return '';
}

test('columns, quotes, a byte order mark, carriage returns and empty lines', () => {
  const text = '\uFEFF"Month","Passengers, all", other\r\n"1949-01",112, -1.5e2\r\n\r\n1949-02,.5,+3\r\n';
  const { columns, values, times } = csv(text, { columns: ['other', 'Passengers, all'] });
  expect(columns).toEqual(['other', 'Passengers, all']);
  expect(numbers(values)).toEqual([
    [-150, 3],
    [112, 0.5],
  ]);
  expect(times).toEqual(['1949-01', '1949-02']);
});

test('the only column that is not time is taken; among several one must be chosen', () => {
  expect(numbers(csv('date,y\n2000-01-01,1\n').values)).toEqual([[1]]);
  expect(csv('y\n1\n2\n').times).toBeUndefined();
  expect(refusal('date,a,b\n2000,1,2\n')).toMatch(/columns a, b could be forecast.*data\.column/);
  expect(csv('a,b\n1,2\n', { columns: ['b'], time: 'a' }).times).toEqual(['1']);
});

describe('refused', () => {
  test('a wrong column, with those there are and the nearest', () => {
    const message = refusal('Month,Passengers\n1949-01,1\n', { columns: ['passenger'] });
    expect(message).toContain('only Month, Passengers');
    expect(message).toContain('Did you mean Passengers?');
    expect(refusal('Month,y\n1949-01,1\n', { time: 'when' })).toContain('"when"');
  });

  test.each(['abc', '0x10', '1 000', '"1,234"', 'Infinity', '1e999', '12%'])(
    'the cell %s, by line and column',
    (cell) => {
      expect(refusal(`time,y\n\n1,2\n2,${cell}\n`)).toContain('x.csv, line 4, column y');
    },
  );

  test.each(['', 'NA', 'NaN', 'null', '?', ' '])('the missing value %j, by its lines', (gap) => {
    const rows = Array.from({ length: 9 }, (_, i) => `${i},${i % 2 ? gap : i}`);
    expect(refusal(`time,y\n${rows.join('\n')}\n`)).toContain('missing in line 3, 5, 7, 9.');
    expect(refusal(`time,y\n${rows.map((row) => row.replace(/,.*/, ',')).join('\n')}`)).toContain('and 4 more');
  });

  test('no rows, ragged rows, repeated columns, broken quotes', () => {
    expect(refusal('')).toContain('no rows');
    expect(refusal('a,b\n')).toContain('no rows');
    expect(refusal('a,b\n1\n')).toContain('not CSV');
    expect(refusal('a,a\n1,2\n')).toContain('two columns are called "a"');
    expect(refusal('a,b\n1,"2\n')).toContain('not CSV');
  });

  test('time that runs backwards', () => {
    expect(refusal('date,y\n2000-01-02,1\n2000-01-01,2\n')).toMatch(/line 3: .*backwards/);
    expect(numbers(csv('date,y\n3/1/2000,1\n1/1/2000,2\n').values)).toEqual([[1, 2]]);
  });
});
