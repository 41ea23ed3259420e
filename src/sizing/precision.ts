/** Bytes of one number in each precision, and bytes as people read them. */
import { LookbackError, nearest } from '../errors.ts';

/**
 * Bytes of a number. The scales that fp8, int8 and int4 need beside it are left out: 4 bytes a block of 128 × 128 in
 * DeepSeek-V3 is 0.02 %, 2 bytes a group of 128 in a common int4 format is 3 %.
 */
export const precisionBytes = { fp32: 4, bf16: 2, fp16: 2, fp8: 1, int8: 1, int4: 0.5 } as const;

export type Precision = keyof typeof precisionBytes;

export const precisions = Object.keys(precisionBytes) as readonly Precision[];

/** @throws LookbackError USAGE naming the nearest precision */
export function readPrecision(text: string, where = 'precision'): Precision {
  const name = text.toLowerCase();
  const found = precisions.find((precision) => precision === name);
  if (found) return found;
  const near = nearest(name, precisions);
  throw new LookbackError('USAGE', {
    where,
    expected: precisions.join(', '),
    got: text,
    ...(near === undefined ? {} : { next: `Did you mean ${near}?` }),
  });
}

/** `1,342.05 GB = 1,249.9 GiB`: 10⁹ and 2³⁰ bytes; megabytes and kilobytes below a tenth of a gigabyte. */
export function showBytes(bytes: number): string {
  const [decimal, binary, tens, twos] =
    bytes >= 1e8
      ? (['GB', 'GiB', 1e9, 2 ** 30] as const)
      : bytes >= 1e5
        ? (['MB', 'MiB', 1e6, 2 ** 20] as const)
        : (['kB', 'KiB', 1e3, 2 ** 10] as const);
  return `${showNumber(bytes / tens, 2)} ${decimal} = ${showNumber(bytes / twos, 1)} ${binary}`;
}

/** `1,342.05`, always with `decimals` places. */
export function showNumber(value: number, decimals = 0): string {
  return value.toLocaleString('en-US', { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
}
