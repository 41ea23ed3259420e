/** A curve in one line of text. */

const levels = '▁▂▃▄▅▆▇█';

/** Values as a row of at most `width` blocks, lowest to highest; each block is the mean of its share. */
export function sparkline(values: readonly number[], width = 40): string {
  const finite = values.filter(Number.isFinite);
  const blocks = Math.min(width, finite.length);
  const means = Array.from({ length: blocks }, (_, i) => {
    const share = finite.slice(
      Math.floor((i * finite.length) / blocks),
      Math.floor(((i + 1) * finite.length) / blocks),
    );
    return share.reduce((sum, value) => sum + value / share.length, 0);
  });
  const low = Math.min(...means);
  const range = Math.max(...means) - low;
  return means.map((mean) => levels[range > 0 ? Math.min(7, Math.floor(((mean - low) / range) * 8)) : 3]).join('');
}
