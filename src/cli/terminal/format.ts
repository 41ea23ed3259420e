/** Numbers as people read them in a terminal. Nothing here is read back by a program. */

/** `0.85 s` as `850 ms`; then `12.3 s`, `2 min 05 s`, `1 h 03 min`. */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return '?';
  if (seconds < 0.9995) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${pad(whole % 60)} s`;
  const minutes = Math.round(whole / 60);
  return `${Math.floor(minutes / 60)} h ${pad(minutes % 60)} min`;
}

/** Bytes in powers of 1024: `512 B`, `1.5 KiB`, `12 MiB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (unit < units.length - 1 && Math.abs(value) >= 1023.5) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 || Math.abs(value) >= 9.95 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** Whole numbers: `9,999` up to five digits, then `123k`, `1.2M`, `3.4G`. */
export function formatCount(count: number): string {
  const units = ['', 'k', 'M', 'G', 'T'];
  if (Math.abs(count) < 99_999.5) return Math.round(count).toLocaleString('en');
  let value = count;
  let unit = 0;
  while (unit < units.length - 1 && Math.abs(value) >= 999.5) {
    value /= 1000;
    unit++;
  }
  return `${Math.abs(value) >= 9.95 ? Math.round(value) : value.toFixed(1)}${units[unit]}`;
}

/** A measured number to `digits` significant digits, without an exponent where it stays short. */
export function formatNumber(value: number, digits = 4): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? '∞' : '-∞';
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 1e7 || size < 1e-4) return value.toExponential(Math.max(0, digits - 2)).replace('e+', 'e');
  const text = value.toPrecision(digits);
  return text.includes('e') ? String(Math.round(value)) : text;
}

/** A ratio as a percentage: `0.0304` as `3.04 %`. */
export function formatPercent(ratio: number, decimals = 2): string {
  return Number.isFinite(ratio) ? `${(ratio * 100).toFixed(decimals)} %` : '?';
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}
