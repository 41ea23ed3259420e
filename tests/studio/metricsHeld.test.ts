/** How many metrics the server holds open: by their bytes, the least recently used go first, and what goes is read again. */
import { describe, expect, it } from 'vitest';
import { RunsFolder } from '../../src/server/runs.node.ts';
import { temporaryFolder, writeRun } from './support.ts';

describe('metrics held open', () => {
  const root = temporaryFolder();
  const names = ['first', 'second', 'third'];
  for (const name of names) writeRun(root, name, { steps: 50 }).finish('finished');
  const one = new RunsFolder(root).table('first').bytes;

  it('stay while they fit', () => {
    const runs = new RunsFolder(root, { metricsHeld: 4 * one });
    const tables = names.map((name) => runs.table(name));
    expect(names.map((name, i) => runs.table(name) === tables[i])).toEqual([true, true, true]);
  });

  it('go in the order of their last use where they do not, and come back the same', () => {
    const runs = new RunsFolder(root, { metricsHeld: 2.5 * one });
    const [first, second] = names.map((name) => runs.table(name));
    // The third pushed the first out, which pushes the second out as it comes back.
    const again = runs.table('first');
    expect(again).not.toBe(first);
    expect(again.rowCount).toBe(first.rowCount);
    expect(runs.table('first')).toBe(again);
    expect(runs.table('second')).not.toBe(second);
  });

  it('keep the one that is asked for, however small the limit', () => {
    const runs = new RunsFolder(root, { metricsHeld: 1 });
    expect(runs.table('third')).toBe(runs.table('third'));
  });
});
