/** Numbers, times and durations as the studio prints them: short, with tabular figures in mind. */

/** A measured number to `digits` significant digits; `–` where there is none. */
export function formatNumber(value: unknown, digits = 4): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'number') return '–';
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? '∞' : '−∞';
  const size = Math.abs(value);
  if (size < 1e7 && (Number.isInteger(value) || size >= 10 ** digits)) return formatCount(value);
  const text = size >= 1e7 || size < 1e-4 ? value.toExponential(Math.max(0, digits - 2)) : value.toPrecision(digits);
  return (text.includes('e') ? text.replace('e+', 'e') : text).replace('-', '−');
}

/** A number at an axis: no more digits than it needs. */
export function formatTick(value: number): string {
  const short = Number(value.toPrecision(6));
  if (Math.abs(short) >= 1e6) return formatShort(short);
  if (Number.isInteger(short)) return formatCount(short);
  return String(short).replace('e+', 'e').replace('-', '−');
}

/** A large number in three digits: `12.3 k`, `5.8 M`, `1.2 G`. */
export function formatShort(value: number): string {
  for (const [size, unit] of [
    [1e9, 'G'],
    [1e6, 'M'],
    [1e3, 'k'],
  ] as const) {
    if (Math.abs(value) >= size) return `${Number((value / size).toPrecision(3))} ${unit}`;
  }
  return String(Math.round(value));
}

/** A whole number with thin spaces between thousands: `12 000`. */
export function formatCount(count: number): string {
  return String(Math.round(count))
    .replace('-', '−')
    .replace(/\B(?=(\d{3})+$)/g, '\u2009');
}

/** `850 ms`, `12.3 s`, `2 min 05 s`, `1 h 03 min`; `–` for what is no duration. */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return '–';
  if (seconds < 0.9995) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
  const minutes = Math.round(whole / 60);
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}

/** How long ago: `just now`, `5 min ago`, `3 h ago`, `12 d ago`. */
export function formatAgo(iso: string, now: number): string {
  const seconds = (now - Date.parse(iso)) / 1000;
  if (!Number.isFinite(seconds)) return '–';
  if (seconds < 45) return 'just now';
  if (seconds < 5400) return `${Math.max(1, Math.round(seconds / 60))} min ago`;
  if (seconds < 129_600) return `${Math.round(seconds / 3600)} h ago`;
  return `${Math.round(seconds / 86_400)} d ago`;
}

/** Seconds from start to end, or to now for a run that goes on; NaN where the start is unknown. */
export function durationOf({ started, ended }: { started: string; ended: string | null }, now: number): number {
  return ((ended === null ? now : Date.parse(ended)) - Date.parse(started)) / 1000;
}

/** A metric's name for people: `validationLoss` as `validation loss`. */
export function metricLabel(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, (_, before: string, after: string) => `${before} ${after.toLowerCase()}`)
    .replace(/\b(mape|rmse|mase)\b/g, (word) => word.toUpperCase());
}
