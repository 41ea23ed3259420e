/** Room for the labels of times, which are as long as times are precise. */
import type uPlot from 'uplot';

/** Keeps labels of the x axis apart and whole at the right end. Changes and returns `options`. */
export function roomForLabels(options: uPlot.Options, times: readonly string[]): uPlot.Options {
  const longest = times.reduce((most, { length }) => Math.max(most, length), 0);
  const label = 6.6 * longest;
  options.padding = [10, Math.max(24, label / 2), 0, 0];
  const [x] = options.axes ?? [];
  if (x) x.space = label + 18;
  return options;
}
