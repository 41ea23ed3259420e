/** Round numbers for the axes of a plot. */

export interface Ticks {
  values: number[];
  /** Distance between two ticks: 1, 2 or 5 times a power of ten. */
  step: number;
}

/** At most `most` round numbers within [low, high]. */
export function ticks(low: number, high: number, most: number): Ticks {
  const rough = (high - low) / Math.max(1, most - 1);
  if (!(rough > 0)) return { values: [low], step: 1 };
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((multiple) => multiple * power >= rough * (1 - 1e-9)) ?? 10);
  const values: number[] = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) values.push(i * step);
  return { values, step };
}

/** A tick with just the decimals its step needs. */
export function tickLabel(value: number, step: number): string {
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  if (decimals > 6 || Math.abs(value) >= 1e7) return value.toExponential(1).replace('e+', 'e');
  return (Object.is(value, -0) ? 0 : value).toFixed(decimals);
}
