/**
 * Peak memory of training GPT-a and GPT-b, each in a process of its own: what the system counts as its largest resident
 * size, and what our own pool held at most. Node only.
 */
import { readFileSync } from 'node:fs';
import { getBackend } from '../backends/backend.ts';
import type { Figure } from './measure.ts';
import { gptShapes, gptTraining, withTraining } from './train.ts';

/** After so many steps nothing grows any more. */
const steps = 6;

/** Largest resident size of this process in bytes. The kernel's rusage would count the parent's from before exec. */
export function peakResident(): number {
  try {
    const line = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'));
    if (line) return Number(line[1]) * 1024;
  } catch {
    // Not Linux.
  }
  return process.resourceUsage().maxRSS * 1024;
}

/** In the process of its own: trains a shape and says what it took, in megabytes. */
export function memoryInside(name: keyof typeof gptShapes): Figure[] {
  return withTraining(
    () => gptTraining(gptShapes[name]),
    ({ step }) => {
      for (let i = 0; i < steps; i++) step();
      const figure = (label: string, bytes: number): Figure => ({
        name: `memory/${name}${label}`,
        unit: 'MB',
        best: bytes / 1e6,
        median: bytes / 1e6,
        limit: null,
        quiet: true,
      });
      return [figure('', peakResident()), figure('-pool', getBackend().memory().peak)];
    },
  );
}
