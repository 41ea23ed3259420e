/** Large counts as people write them. */

const units = { k: 1e3, m: 1e6, b: 1e9, t: 1e12 } as const;

/** `7e9`, `7B`, `1.5T`, `600M`, `671,026,419,200` as a number; undefined for anything else, and for 0. */
export function readCount(text: string): number | undefined {
  const match = /^(\d[\d,_]*(?:\.\d+)?(?:e\+?\d+)?)([kmbt]?)$/i.exec(text.trim());
  if (!match) return undefined;
  const unit = match[2].toLowerCase() as keyof typeof units | '';
  const value = Number(match[1].replace(/[,_]/g, '')) * (unit === '' ? 1 : units[unit]);
  return value >= 1 && Number.isFinite(value) ? Math.round(value) : undefined;
}
