/** Ctrl-C that loses nothing: the first asks the training to stop after its step, the second leaves at once. */
import type { Terminal } from './terminal/terminal.ts';

/** Runs `work` with a signal that is aborted by SIGINT or SIGTERM. */
export async function interruptible<T>(terminal: Terminal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const stop = () => {
    // Without a handler the next signal ends the process at once, even in the middle of a long step.
    release();
    terminal.writeError('\nStopping after this step and saving; press Ctrl-C again to leave at once.\n');
    controller.abort();
  };
  const release = () => {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  try {
    return await work(controller.signal);
  } finally {
    release();
  }
}
