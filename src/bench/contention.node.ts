/**
 * Training while another program keeps one core busy, beside training on the quiet machine. With two cores and fair
 * shares, half of the throughput stays; threads that wait for each other keep far less. Node only.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { type Entry, type Figure, measure } from './measure.ts';
import { gptShapes, gptTraining, recurrentName, recurrentShapes, recurrentTraining, withTraining } from './train.ts';

/** A process that computes on one core until it is ended. */
export function busyProcess(): ChildProcess {
  return spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' });
}

const trainings = {
  'gpt-a': () => gptTraining(gptShapes['gpt-a']),
  [recurrentName(recurrentShapes[1])]: () => recurrentTraining(recurrentShapes[1]),
};

export const contention: readonly Entry[] = Object.entries(trainings).map(([name, make]) => ({
  name: `contention/${name}`,
  run: ({ options }): Figure =>
    withTraining(make, ({ step }) => {
      const quiet = measure(step, options);
      const other = busyProcess();
      try {
        // Half a second for the other to start; no burst is quiet now, and none has to be.
        measure(step, { seconds: 0.5 });
        const { seconds = 2 } = options;
        const contended = measure(step, { seconds: seconds / 3, meter: () => () => () => 0 });
        const kept = (seconds: number) => (100 * quiet.median) / seconds;
        return {
          name: `contention/${name}`,
          unit: '% of quiet',
          best: kept(contended.best),
          median: kept(contended.median),
          limit: 100,
          quiet: quiet.quiet,
        };
      } finally {
        other.kill('SIGKILL');
      }
    }),
}));
