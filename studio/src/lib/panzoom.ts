/** Ranges of an axis zoomed and panned, within the whole of it. Pure. */

export type Range = readonly [number, number];

/** A range narrower than this share of the whole says nothing more. */
const least = 1e-6;

interface Axis {
  readonly whole: Range;
  /** Distances are those of logarithms; both ends are positive. */
  readonly log?: boolean;
}

const onto = (log: boolean | undefined) => (log ? Math.log : (value: number) => value);
const back = (log: boolean | undefined) => (log ? Math.exp : (value: number) => value);

/** The range `factor` times as wide with `centre` where it was; undefined once it is the whole again. */
export function zoomed(range: Range, centre: number, factor: number, { whole, log }: Axis): Range | undefined {
  const [from, to, at] = [range[0], range[1], centre].map(onto(log));
  return within([at - (at - from) * factor, at + (to - at) * factor], { whole, log });
}

/** The range moved by a share of its width, not beyond the ends of the whole. */
export function panned(range: Range, share: number, { whole, log }: Axis): Range | undefined {
  const [from, to] = [range[0], range[1]].map(onto(log));
  const by = (to - from) * share;
  return within([from + by, to + by], { whole, log });
}

/** @param range on the stretched axis: logarithms where it is logarithmic */
function within([from, to]: Range, { whole, log }: Axis): Range | undefined {
  const [first, last] = [whole[0], whole[1]].map(onto(log));
  const width = Math.max(to - from, (last - first) * least);
  if (!(width < (last - first) * (1 - 1e-9))) return undefined;
  const begin = Math.min(Math.max(from, first), last - width);
  const value = back(log);
  return [value(begin), value(begin + width)];
}
