/**
 * `lookback start` as on a terminal, without one: it prints an address, trains both models as live runs, serves them, and
 * keeps what it has when it is interrupted. Needs the built program, which trains in processes of its own.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { runProgram } from '../../src/cli/program.ts';
import type { RunList, RunRow } from '../../src/server/wire.ts';
import { temporaryFolder } from './support.ts';

const built = existsSync(fileURLToPath(new URL('../../dist/studio/index.html', import.meta.url)));

describe.skipIf(!built)('lookback start on a terminal (npm run build, if this is skipped)', () => {
  it('serves the tour, live, until it is interrupted', async () => {
    const runs = temporaryFolder();
    let out = '';
    const terminal = {
      write: (text: string) => (out += text),
      writeError: (text: string) => (out += text),
      width: 80,
      colour: false,
      live: false,
      interactive: true,
    };
    const ended = runProgram(['start', '--runs', runs, '--port', '0', '--seconds', '60'], terminal);
    const [, address] = await until(() => /Open (\S+)/.exec(out) ?? undefined);
    expect(address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\?token=\w+#\/lecture\/start$/);
    // The address comes before any training.
    expect(out).not.toContain('run ');
    const welcome = await fetch(address, { redirect: 'manual' });
    const cookie = welcome.headers.get('set-cookie')?.split(';')[0] ?? '';
    const list = async () => {
      const response = await fetch(new URL('/api/runs', address), { headers: { cookie } });
      return ((await response.json()) as RunList).runs;
    };
    const find = async (fits: (row: RunRow) => boolean) => (await list()).find(fits);
    await until(() => find(({ task, steps }) => task === 'forecast' && steps > 0));
    const writing = await until(() => find(({ task, steps }) => task === 'language' && steps > 3));
    expect(writing.status).toBe('running');
    expect(out).toMatch(/off on average; the best of all: \w/);
    const [forecast] = (await list()).filter(({ task }) => task === 'forecast');
    expect(forecast).toMatchObject({ status: 'finished', summary: { winner: expect.any(String) } });
    const { port } = new URL(address);
    const inspect = () => fetch(`http://127.0.0.1:${port}/api/runs/${writing.name}`, { headers: { cookie } });
    expect(await (await inspect()).json()).toMatchObject({ stoppable: true });
    process.emit('SIGINT');
    expect(await ended).toBe(0);
    expect(out).toContain('Stopping the run after this step and saving');
    await expect(inspect()).rejects.toThrow();
    const { openRun } = await import('../../src/track/node.ts');
    const { status, summary } = openRun(writing.name, runs).record;
    expect(status).toBe('stopped');
    expect(summary.steps).toBeGreaterThan(3);
  });
});

/** What `look` gives as soon as it gives something. */
async function until<T>(look: () => T | undefined | Promise<T | undefined>): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((wake) => setTimeout(wake, 50));
  }
}
