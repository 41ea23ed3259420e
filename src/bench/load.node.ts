/** How much of the machine other programs use, from Linux's /proc/stat; elsewhere nobody can say. Node only. */
import { readFileSync } from 'node:fs';
import type { LoadMeter } from './measure.ts';

/** /proc/stat counts in hundredths of a second on every Linux there is. */
const ticksPerSecond = 100;

/** Seconds that all cores were busy since the machine started, stolen ones included. */
function busySeconds(): number | undefined {
  try {
    const [user, nice, system, , , irq, softIrq, stolen] = readFileSync('/proc/stat', 'utf8')
      .slice(4, 200)
      .trim()
      .split(/\s+/)
      .map(Number);
    const total = user + nice + system + irq + softIrq + (stolen || 0);
    return total > 0 ? total / ticksPerSecond : undefined;
  } catch {
    return undefined;
  }
}

function ownSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** Cores that other programs kept busy, to about a tick in the time watched. */
export const othersLoad: LoadMeter = () => {
  const [busy, own, began] = [busySeconds(), ownSeconds(), performance.now()];
  return () => {
    const now = busySeconds();
    const seconds = (performance.now() - began) / 1000;
    if (busy === undefined || now === undefined || seconds <= 0) return () => undefined;
    const used = Math.max(0, (now - busy - (ownSeconds() - own) - 1 / ticksPerSecond) / seconds);
    return () => used;
  };
};
