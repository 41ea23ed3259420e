/**
 * One writer a run: an empty file `lock-PID-STARTED` in the run's folder, whose name says who holds it.
 *
 * A holder creates its own file first and looks for others afterwards, so of two that come at once at most one stays.
 * The file of a process that is gone is taken away. STARTED (Linux: the process's start, in clock ticks since boot)
 * tells a process from a later one with the same number; elsewhere it is 0. Not a lock across machines.
 */

import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LookbackError } from '../errors.ts';
import { listFolder, removeAll } from './files.node.ts';

const pattern = /^lock-(\d+)-(\d+)$/;

/**
 * Takes the folder's lock and returns the function that gives it back.
 *
 * @throws RUN_BUSY when a living process holds it, this one included
 */
export function takeLock(folder: string): () => void {
  const mine = `lock-${process.pid}-${startOf(process.pid) ?? 0}`;
  const path = join(folder, mine);
  const busy = (pid: string, name: string): never => {
    throw new LookbackError('RUN_BUSY', {
      where: folder,
      problem: `process ${pid} is writing this run`,
      next: `Wait for it, stop it, or delete ${name} there if no such process is Lookback's`,
    });
  };
  try {
    closeSync(openSync(path, 'wx'));
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'EEXIST') busy(String(process.pid), mine);
    throw new LookbackError('FILE_WRITE', { where: path, problem: 'the lock could not be written', cause });
  }
  for (const name of listFolder(folder)) {
    if (name === mine || !pattern.test(name)) continue;
    const holder = livingHolder(name);
    if (holder !== undefined) {
      removeAll(path);
      busy(holder, name);
    }
    removeAll(join(folder, name));
  }
  return () => removeAll(path);
}

/** Whether a living process holds the folder's lock. */
export function isLocked(folder: string): boolean {
  return listFolder(folder).some((name) => livingHolder(name) !== undefined);
}

/** The process number in a lock's name when that very process is alive. */
function livingHolder(name: string): string | undefined {
  const [, pid, started] = pattern.exec(name) ?? [];
  if (pid === undefined || started === undefined) return undefined;
  return startOf(Number(pid)) === Number(started) ? pid : undefined;
}

/** When a process started, 0 where the system does not say, undefined when it is not alive. */
function startOf(pid: number): number | undefined {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: alive, and somebody else's.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return undefined;
  }
  if (process.platform !== 'linux') return 0;
  try {
    // proc(5): after the name in brackets come the state (field 3) and, at field 22, the start time.
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
      .replace(/^.*\) /s, '')
      .split(' ');
    return fields[0] === 'Z' ? undefined : Number(fields[19]);
  } catch {
    return undefined;
  }
}
