/**
 * Numbers as tables write them: `1234.5`, `1.234,5`, `1 234,5`. The cells of a column say which of point and comma is the
 * decimal mark; what could be two numbers (1,234) is one only where the rest of the table says so, and refused otherwise.
 * Columns that hold no numbers are left as they are.
 */
import { LookbackError } from '../errors.ts';

export const decimalMarks = ['.', ','] as const;
/** What stands before the fraction; the other one, spaces and apostrophes may stand between thousands. */
export type DecimalMark = (typeof decimalMarks)[number];

const shapeWith = (mark: string, other: string) =>
  new RegExp(
    `^[+-]?(?=${mark}?\\d)(?:[1-9]\\d{0,2}(?:([${other} \\u00a0\\u202f'’])\\d{3}(?:\\1\\d{3})*)|\\d*)(?:${mark}\\d*)?(?:e[+-]?\\d+)?$`,
    'i',
  );
const shapes: Readonly<Record<DecimalMark, RegExp>> = { '.': shapeWith('\\.', ','), ',': shapeWith(',', '\\.') };

/** The number as 1234.5, undefined where `mark` cannot be its decimal mark. */
function read(cell: string, mark: DecimalMark): string | undefined {
  if (!shapes[mark].test(cell)) return undefined;
  const digits = cell.replace(mark === '.' ? /[, \u00a0\u202f'’]/g : /[. \u00a0\u202f'’]/g, '');
  return mark === '.' ? digits : digits.replace(',', '.');
}

/** How a column writes its numbers. */
interface Habit {
  /** The mark that some cell allows alone; undefined where all cells allow both. */
  readonly mark?: DecimalMark;
  /** Some cells allow only the one, some only the other. */
  readonly contradicts: boolean;
  /** The first row whose cell would be two different numbers. */
  readonly unclear?: number;
}

/** undefined for a column that needs no second look: text, or digits alone. */
function habitOf(rows: readonly (readonly string[])[], column: number): Habit | undefined {
  const found = { '.': 0, ',': 0 };
  let [digits, marked, filled] = [0, 0, 0];
  let unclear: number | undefined;
  for (const [row, cells] of rows.entries()) {
    const cell = cells[column];
    if (cell !== '') filled++;
    if (/^[+-]?\d*$/.test(cell)) {
      if (cell !== '') digits++;
      continue;
    }
    const [point, comma] = [read(cell, '.'), read(cell, ',')];
    if (point === undefined && comma === undefined) continue;
    marked++;
    if (comma === undefined) found['.']++;
    else if (point === undefined) found[',']++;
    else if (point !== comma) unclear ??= row;
  }
  // Half of it, so that a slip is named as the cell it stands in.
  if (marked === 0 || 2 * (digits + marked) < filled) return undefined;
  const mark = found['.'] > 0 ? '.' : found[','] > 0 ? ',' : undefined;
  return { mark, contradicts: found['.'] > 0 && found[','] > 0, unclear };
}

/**
 * Rewrites the cells of columns of numbers as 1234.5, in place. A column that does not say its mark takes the one asked
 * for, else that of the columns that do; in a table with commas between its cells the mark is then a point.
 *
 * @param rows cells without space around them, as many in each row as `names`
 * @throws DECIMALS_UNCLEAR for a column whose cells would be other numbers with the other mark
 */
export function rewriteNumbers(
  names: readonly string[],
  rows: string[][],
  { where, delimiter, decimal }: { where: string; delimiter: string; decimal?: DecimalMark },
): void {
  const habits = names.map((_, column) => habitOf(rows, column));
  const said = new Set(habits.flatMap((habit) => habit?.mark ?? []));
  const common = said.size === 1 ? [...said][0] : undefined;
  for (const [column, habit] of habits.entries()) {
    if (!habit || habit.contradicts) continue;
    const mark = habit.mark ?? decimal ?? common;
    const unclear = habit.unclear === undefined ? '' : rows[habit.unclear][column];
    if (mark === undefined && unclear !== '' && (delimiter === ';' || (delimiter !== ',' && unclear.includes(',')))) {
      throw unclearNumber(where, names[column], unclear);
    }
    for (const cells of rows) cells[column] = read(cells[column], mark ?? '.') ?? cells[column];
  }
}

function unclearNumber(where: string, column: string, cell: string): LookbackError {
  return new LookbackError('DECIMALS_UNCLEAR', {
    where: `${where}, column ${column}`,
    problem: `${cell} can be ${read(cell, '.')} or ${read(cell, ',')}, and nothing in the table says which`,
    next: "Say the decimal mark: --decimal , or --decimal . on the command line, { decimal: ',' } for readTable",
  });
}
