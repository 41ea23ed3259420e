/** Where the time of a training went, as a table. */
import type { Profile } from '../backends/profile.ts';
import { formatCount, formatDuration, formatPercent } from './terminal/format.ts';
import { table } from './terminal/table.ts';
import { colours, type Terminal } from './terminal/terminal.ts';

/** Operations that take less than this share together make one row. */
const worthARow = 0.003;

/** One row an operation, longest first, and what no kernel had. */
export function profileReport(profile: Profile, terminal: Pick<Terminal, 'colour'>): string {
  const { operations, seconds, kernelShare, backend, threads } = profile;
  const shown = operations.filter((one) => one.seconds >= worthARow * seconds);
  const rows = shown.map(({ name, calls, seconds: own, flops, bytes }) => [
    name,
    formatCount(calls),
    formatDuration(own),
    formatPercent(own / seconds, 1),
    perSecond(flops, own),
    perSecond(bytes, own),
  ]);
  const rest = operations.slice(shown.length);
  if (rest.length > 0) {
    const own = rest.reduce((sum, one) => sum + one.seconds, 0);
    const calls = rest.reduce((sum, one) => sum + one.calls, 0);
    const name = `${rest.length} other${rest.length === 1 ? '' : 's'}`;
    rows.push([name, formatCount(calls), formatDuration(own), formatPercent(own / seconds, 1), '', '']);
  }
  const outside = seconds * (1 - kernelShare);
  rows.push(['not in kernels', '', formatDuration(outside), formatPercent(1 - kernelShare, 1), '', '']);
  const ink = colours(terminal.colour);
  const title = ink.bold(`${formatDuration(seconds)} of training on ${backend}, ${threads} threads`);
  const columns = ['operation', 'calls', 'time', 'share', 'GFLOP/s', 'GB/s'];
  return `${title}\n${table({ columns, rows, colour: terminal.colour })}`;
}

/** In billions; empty for none. */
function perSecond(amount: number, seconds: number): string {
  if (!(amount > 0 && seconds > 0)) return '';
  const rate = amount / seconds / 1e9;
  return rate >= 99.5 ? rate.toFixed(0) : rate.toPrecision(2);
}
