/** What the studio's server tells by itself: runs that come, grow, end and go; and what a thousand of them cost it. */
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openRun } from '../../src/track/node.ts';
import { EventReader, openApp, temporaryFolder, writeRun } from './support.ts';

describe('events', () => {
  const live = temporaryFolder();

  it('tell of a run that appears, grows, ends and goes, and take up a connection where it was cut', async () => {
    writeRun(live, 'old').finish('finished');
    const { ask: askLive, events } = openApp(live);
    const first = new EventReader(await askLive('/api/events'));
    const hello = await first.next();
    expect(hello).toMatchObject({ type: 'hello', data: { cursor: hello.id } });

    const run = writeRun(live, 'new', { steps: 2 });
    const appeared = await first.next(({ type, data }) => type === 'runs' && data.changed[0]?.name === 'new');
    expect(appeared.data).toMatchObject({ changed: [{ status: 'running' }], removed: [] });
    const rows: { step: number; values: object }[] = [];
    while (rows.length < 2) rows.push(...(await first.next(({ type }) => type === 'metrics')).data.rows);
    expect(rows).toMatchObject([
      { step: 1, values: { loss: 4, learningRate: 0.001 } },
      { step: 2, values: { loss: 2 } },
    ]);
    await first.close();

    // Nobody listens; what happens now is told to whoever comes back.
    run.log(3, { loss: Number.NaN });
    run.flush();
    const second = new EventReader(await askLive('/api/events', { headers: { 'last-event-id': appeared.id } }));
    const steps: number[] = [];
    let last = { step: 0, values: {} };
    while (last.step < 3) {
      const { data } = await second.next(({ type }) => type === 'metrics');
      for (last of data.rows) steps.push(last.step);
    }
    expect(steps).toEqual([1, 2, 3]);
    expect(last.values).toEqual({ loss: null });

    run.resume(1);
    const restarted = await second.next(({ type, data }) => type === 'metrics' && data.restart);
    expect(restarted.data).toEqual({ name: 'new', rows: [], restart: true });
    run.finish('stopped', { note: 'enough' });
    const stopped = await second.next(({ type, data }) => type === 'runs' && data.changed[0]?.status === 'stopped');
    expect(stopped.data.changed[0]).toMatchObject({ name: 'new', steps: 1, summary: { note: 'enough' } });
    openRun('old', live).label({ archived: true });
    expect((await second.next(({ type }) => type === 'runs')).data.changed[0]).toMatchObject({ archived: true });
    rmSync(join(live, 'old'), { recursive: true });
    await second.next(({ type, data }) => type === 'runs' && data.removed[0] === 'old');
    events.close();
    await expect(second.next()).rejects.toThrow('ended');
  });

  it('see a killed run, whose record still says running', async () => {
    const run = writeRun(live, 'to-be-killed');
    const { ask: askLive, events } = openApp(live);
    const reader = new EventReader(await askLive('/api/events'));
    await reader.next();
    // As after a kill: the lock is of a process that is gone.
    rmSync(join(live, 'to-be-killed'), { recursive: true });
    const again = writeRun(live, 'to-be-killed');
    await reader.next(({ data }) => data.changed?.[0]?.status === 'running' || data.restart);
    run.close();
    again.close();
    await reader.next(({ data }) => data.changed?.[0]?.status === 'interrupted');
    events.close();
  });

  it('ask to load everything anew after a restart of the server, or when too much was missed', async () => {
    const before = openApp(live);
    const cursor = (await new EventReader(await before.ask('/api/events')).next()).data.cursor;
    before.events.close();
    const after = openApp(live);
    for (const wrong of [cursor, `${cursor.split('.')[0]}.99`, 'nonsense', '']) {
      const reader = new EventReader(await after.ask('/api/events', { headers: { 'last-event-id': wrong } }));
      const { type, data, id } = await reader.next();
      expect([type, data.cursor]).toEqual(['reset', id]);
    }
    after.events.close();
  });
});

describe('a thousand runs', () => {
  it('are listed and looked through again', async () => {
    const many = temporaryFolder();
    const one = writeRun(many, 'run-0');
    one.finish('finished');
    for (let i = 1; i < 1000; i++) cpSync(one.folder, join(many, `run-${i}`), { recursive: true });
    const { get: getMany, runs } = openApp(many);
    globalThis.gc?.();
    const base = process.memoryUsage();
    const cold = performance.now();
    const { body } = await getMany('/api/runs');
    const warm = performance.now();
    await getMany('/api/runs');
    const look = performance.now();
    runs.refresh();
    const end = performance.now();
    const used = process.memoryUsage();
    const mib = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
    console.log(
      `1,000 runs: first list ${(warm - cold).toFixed(0)} ms, again ${(look - warm).toFixed(0)} ms, ` +
        `one look ${(end - look).toFixed(1)} ms; heap +${mib(used.heapUsed - base.heapUsed)}, ` +
        `resident ${mib(used.rss)} with the test runner`,
    );
    expect(body.runs).toHaveLength(1000);
    expect(new Set(body.runs.map(({ name }: { name: string }) => name)).size).toBe(1000);
  });
});
