/** What becomes of missing values. Nothing after a value is looked at to fill what comes before it at the end of a history. */

/** `mask` leaves them as NaN, for models that can use a mask; the rest are given carried-forward values. */
export type MissingRule = 'refuse' | 'interpolate' | 'carry' | 'mask';

/** Places of NaN. */
export function gapsOf(values: ArrayLike<number>): number[] {
  const out: number[] = [];
  for (let i = 0; i < values.length; i++) if (Number.isNaN(values[i])) out.push(i);
  return out;
}

/**
 * values [n] without NaN: gaps inside interpolated or carried forward, the end carried forward, the start carried back.
 * Returns `values` itself where nothing is missing; all NaN where everything is.
 */
export function fillGaps(values: Float64Array, how: 'interpolate' | 'carry'): Float64Array {
  const gaps = gapsOf(values);
  if (gaps.length === 0 || gaps.length === values.length) return values;
  const out = values.slice();
  for (const gap of gaps) {
    let next = gap;
    while (next < values.length && Number.isNaN(values[next])) next++;
    const before = gap > 0 ? out[gap - 1] : values[next];
    if (how === 'carry' || next === values.length || gap === 0) out[gap] = before;
    else out[gap] = before + (values[next] - before) / (next - gap + 1);
  }
  return out;
}
