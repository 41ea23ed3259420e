import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LookbackError } from '../errors.ts';
import type { DecimalMark } from './decimals.ts';
import { parseTable } from './tableText.ts';

/** The cells of column y. */
const read = (text: string, decimal?: DecimalMark) =>
  parseTable(new TextEncoder().encode(text), 'sales.csv', { decimal }).map(({ y }) => y);

describe('numbers of a table', () => {
  it.each([
    ['decimal commas', 'd;y\n1;2,5\n2;-0,125\n3;7\n', ['2.5', '-0.125', '7']],
    ['points between thousands', 'd;y\n1;1.234,50\n2;987\n3;12.345.678\n', ['1234.50', '987', '12345678']],
    ['what another column says', 'd;y;z\n1;1.234;2,5\n2;987;3,1\n', ['1234', '987']],
    ['spaces and apostrophes', "d;y\n1;1 234,5\n2;1\u202f234,5\n3;1'234,5\n", ['1234.5', '1234.5', '1234.5']],
    ['commas between thousands', 'd,y\n1,"1,234"\n2,"12,345.6"\n', ['1234', '12345.6']],
    ['decimal points', 'd;y\n1;1.5\n2;1.234\n', ['1.5', '1.234']],
    ['points between tabs', 'd\ty\n1\t1.234\n2\t5.678\n', ['1.234', '5.678']],
    ['a slip, left as it is', 'd;y\n1;2,5\n2;about 3\n3;NA\n4;1,5e3\n', ['2.5', 'about 3', 'NA', '1.5e3']],
    ['text, left as it is', 'd;y\n1;a,5\n2;1,5\n3;b\n', ['a,5', '1,5', 'b']],
    ['a contradiction, left as it is', 'd;y\n1;1,5\n2;1.5\n3;1.234\n', ['1,5', '1.5', '1.234']],
  ])('reads %s', (_, text, wanted) => expect(read(text)).toEqual(wanted));

  it.each(['d;y\n1;1.234\n2;987\n', 'd;y\n1;1,234\n2;987\n', 'd\ty\n1\t1,234\n2\t987\n'])(
    'refuses %j until it is told the mark',
    (text) => {
      const refused = { code: 'DECIMALS_UNCLEAR', message: expect.stringMatching(/^sales\.csv, column y: .*1\.?234/) };
      expect(() => read(text)).toThrow(expect.objectContaining(refused));
      expect([read(text, '.')[0], read(text, ',')[0]].sort()).toEqual(['1.234', '1234']);
    },
  );

  it('takes no other mark, and a column at its word', () => {
    expect(() => read('y\n1\n', ';' as DecimalMark)).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }));
    expect(read('d;y\n1;1,5\n', '.')).toEqual(['1.5']);
  });

  it('comes back from either way of writing, whatever the numbers', () => {
    const number = fc.double({ min: -1e9, max: 1e9, noNaN: true });
    fc.assert(
      fc.property(fc.array(number, { minLength: 1, maxLength: 12 }), fc.boolean(), (values, german) => {
        const format = new Intl.NumberFormat(german ? 'de' : 'en', {
          minimumFractionDigits: 4,
          maximumFractionDigits: 4,
        });
        const text = `d;y\n${values.map((value, i) => `${i};${format.format(value)}`).join('\n')}\n`;
        expect(read(text).map(Number)).toEqual(values.map((value) => Number(value.toFixed(4))));
      }),
      { numRuns: 60, seed: 4 },
    );
  });

  it('gives cells or a coded error for anything', () => {
    const cell = fc.string({ unit: fc.constantFrom(...'0123456789.,-e \u00a0'), maxLength: 8 });
    fc.assert(
      fc.property(fc.array(cell, { minLength: 1, maxLength: 6 }), (cells) => {
        try {
          for (const value of read(`d;y\n${cells.map((one) => `1;${one}`).join('\n')}\n`))
            expect(value).toBeTypeOf('string');
        } catch (error) {
          expect(error).toBeInstanceOf(LookbackError);
        }
      }),
      { numRuns: 200, seed: 5 },
    );
  });
});
