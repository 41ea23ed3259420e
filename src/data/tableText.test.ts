import fc from 'fast-check';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { describe, expect, it } from 'vitest';
import { LookbackError } from '../errors.ts';
import { parseParquet } from './parquet.ts';
import { isParquet, parseTable } from './tableText.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const refusal = (run: () => unknown): LookbackError => {
  try {
    run();
  } catch (error) {
    if (error instanceof LookbackError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
};

describe('a table from its bytes', () => {
  it.each([
    ['CSV', '\uFEFFdate,units\n2024-01,3\n\n2024-02,"4"\n'],
    ['semicolons', 'date;units\r\n2024-01;3\r\n2024-02;4\r\n'],
    ['tabs', 'date\tunits\n2024-01\t3\n2024-02\t4'],
  ])('reads %s', (_, text) => {
    expect(parseTable(bytes(text), 'a file')).toEqual([
      { date: '2024-01', units: '3' },
      { date: '2024-02', units: '4' },
    ]);
  });

  it('reads lines that all end with the delimiter, and bytes of Windows-1252', () => {
    expect(parseTable(bytes('t;y;\n1;2;\n3;4;\n'), 'a')).toEqual([
      { t: '1', y: '2' },
      { t: '3', y: '4' },
    ]);
    const latin = Uint8Array.from('Umsätze;t\n1;2\n', (sign) => sign.charCodeAt(0));
    expect(parseTable(latin, 'a')).toEqual([{ Umsätze: '1', t: '2' }]);
  });

  it('reads JSON, a list of numbers, and JSON lines', () => {
    expect(parseTable(bytes('[{"t":1,"y":2}]'), 'a')).toEqual([{ t: 1, y: 2 }]);
    expect(parseTable(bytes(' [1, null, 2.5]'), 'a')).toEqual([{ value: 1 }, { value: null }, { value: 2.5 }]);
    expect(parseTable(bytes('{"y":1}\n\n{"y":2}\n'), 'a')).toEqual([{ y: 1 }, { y: 2 }]);
  });

  it('reads Parquet, and says which rows are too many before it reads any', async () => {
    const columnData = [
      { name: 'month', data: ['1949-01', '1949-02'], type: 'STRING' },
      { name: 'passengers', data: [112, 118], type: 'INT32' },
    ] as const;
    const file = new Uint8Array(parquetWriteBuffer({ columnData: columnData as never }));
    expect(isParquet(file)).toBe(true);
    expect(await parseParquet(file, 'a.parquet')).toEqual([
      { month: '1949-01', passengers: 112 },
      { month: '1949-02', passengers: 118 },
    ]);
    await expect(parseParquet(file, 'a.parquet', 1)).rejects.toMatchObject({ code: 'DATA_INVALID' });
    const damaged = file.slice(0, file.length - 6);
    await expect(parseParquet(damaged, 'a.parquet')).rejects.toThrow(/^a\.parquet: it is damaged Parquet/);
  });

  it.each([
    ['', /no rows/],
    ['a,b\n', /no rows/],
    ['a,a\n1,2\n', /two columns are called "a"/],
    ['a,b\n1,2\n\n3\n', /^sales\.csv, line 4: it has 1 cell between commas, the header 2\./],
    ['a;b\n1;2;3\n', /line 2: it has 3 cells between semicolons, the header 2\./],
    ['a,b\n1,2\n"1,2\n3,4\n', /line 3: a quote is opened and never closed/],
    ['a,b\n1,2"x"\n', /line 2: a quote stands in the middle of a cell/],
    ['[1, "x"]', /not a list of objects or of numbers/],
    ['[{]', /not JSON/],
    ['{"a":1}\n{"a"', /line 2: it is not JSON/],
    ['{"a":1}\n3', /line 2: it is not an object/],
    ['PNG\0\0', /not text and not Parquet/],
  ])('refuses %j by the name of the file', (text, said) => {
    const error = refusal(() => parseTable(bytes(text), 'sales.csv'));
    expect(error.code).toBe('DATA_INVALID');
    expect(error.message).toMatch(said);
    expect(error.message).toMatch(/^sales\.csv/);
  });

  it('refuses more rows than wanted, of every kind', () => {
    for (const text of ['y\n1\n2\n3', '[1,2,3]', '{"y":1}\n{"y":2}\n{"y":3}'])
      expect(refusal(() => parseTable(bytes(text), 'a', { most: 2 })).message).toMatch(/at most 2 rows/);
    expect(parseTable(bytes('y\n1\n2'), 'a', { most: 2 })).toHaveLength(2);
  });

  it('gives rows or a coded error for any bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 80 }), fc.boolean(), async (noise, asParquet) => {
        const given = asParquet ? new Uint8Array([...bytes('PAR1'), ...noise, ...bytes('PAR1')]) : noise;
        try {
          const rows = isParquet(given) ? await parseParquet(given, 'noise') : parseTable(given, 'noise');
          expect(Array.isArray(rows)).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(LookbackError);
        }
      }),
      { numRuns: 300, seed: 6 },
    );
  });
});
