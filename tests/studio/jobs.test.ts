/** The studio as a process serves it: real sockets, pages from a folder, and training started from the page. */
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { type Studio, type StudioOptions, serveStudio } from '../../src/server/serve.node.ts';
import { openRun } from '../../src/track/node.ts';
import { lookback } from '../runs/support.ts';
import { command, EventReader, recipe, temporaryFolder, writeRun } from './support.ts';

const root = temporaryFolder();
// Where the secret of the cookies is kept.
process.env.XDG_CACHE_HOME = temporaryFolder();
const built = join(temporaryFolder(), 'studio');
mkdirSync(join(built, 'assets'), { recursive: true });
writeFileSync(join(built, 'index.html'), '<!doctype html><title>Studio</title>');
writeFileSync(join(built, 'assets', 'index-abc123.js'), 'export {};');
writeFileSync(join(built, '..', 'outside.txt'), 'secret');

let open: Studio[] = [];
afterEach(async () => {
  for (const studio of open) await studio.close();
  open = [];
});

/** A studio and a way to ask it with its cookie. */
async function serve(options: StudioOptions = {}) {
  const studio = await serveStudio({ root, pages: built, command, interval: 50, ...options });
  open.push(studio);
  const entered = await fetch(studio.address, { redirect: 'manual' });
  const cookie = entered.headers.get('set-cookie')?.split(';')[0] ?? '';
  const ask = (path: string, init: RequestInit = {}) =>
    fetch(`http://127.0.0.1:${studio.port}${path}`, {
      ...init,
      headers: { cookie, ...(init.body ? { 'content-type': 'application/json' } : {}) },
    });
  const post = async (path: string, body?: unknown) => {
    const response = await ask(path, { method: 'POST', body: body === undefined ? undefined : JSON.stringify(body) });
    return { status: response.status, body: await response.json() };
  };
  return { studio, ask, post, cookie };
}

describe('the server', () => {
  it('serves the pages with types and caching, views as the page, and nothing else', async () => {
    const { ask } = await serve();
    const script = await ask('/assets/index-abc123.js');
    expect(script.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    expect(script.headers.get('cache-control')).toContain('immutable');
    for (const path of ['/', '/runs/cerulean-plasma-69', '/runs/..%2f..']) {
      const page = await ask(path);
      expect([path, page.status]).toEqual([path, path.includes('..') ? 404 : 200]);
      if (page.ok) expect(await page.text()).toContain('<title>Studio</title>');
      if (page.ok) expect(page.headers.get('cache-control')).toBe('no-cache');
    }
    for (const path of ['/..%2foutside.txt', '/assets/..%2f..%2foutside.txt', '/%2e%2e/outside.txt', '/missing.js']) {
      expect((await ask(path)).status).toBe(404);
    }
  });

  it('keeps a page going when it is started again: the same cookie, and events that begin anew', async () => {
    const first = await serve();
    const events = new EventReader(await first.ask('/api/events'));
    const { id } = await events.next(({ type }) => type === 'hello');
    await first.studio.close();
    await expect(events.next()).rejects.toThrow();
    const again = await serveStudio({ root, pages: built, port: first.studio.port });
    open = [again];
    const headers = { cookie: first.cookie, 'last-event-id': id };
    const response = await fetch(`http://127.0.0.1:${again.port}/api/events`, { headers });
    expect(response.status).toBe(200);
    const reader = new EventReader(response);
    expect((await reader.next()).type).toBe('reset');
    expect(again.token).not.toBe(first.studio.token);
    const kept = join(process.env.XDG_CACHE_HOME ?? '', 'lookback', 'studio-session');
    expect(first.cookie.endsWith(`=${readFileSync(kept, 'utf8')}`)).toBe(true);
    expect(statSync(kept).mode & 0o077).toBe(0);
  });

  it('refuses a port that is taken, and to start without pages, with the next step', async () => {
    const { studio } = await serve();
    await expect(serveStudio({ root, pages: built, port: studio.port })).rejects.toMatchObject({
      code: 'BAD_ARGUMENT',
      message: expect.stringContaining('--port'),
    });
    await expect(serveStudio({ root, pages: root })).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
      message: expect.stringContaining('vite build studio'),
    });
    const { status, error } = await lookback('studio', '--port', '70000');
    expect(status).toBe(2);
    expect(error).toContain('port from 0 to 65535');
  });
});

describe('training from the page', () => {
  const long = { ...recipe, train: { ...recipe.train, steps: 100_000, evaluateEvery: 1000, snapshots: false } };

  it('starts, stops and resumes a run, and stops it with the server', async () => {
    const { studio, ask, post } = await serve();
    const events = new EventReader(await ask('/api/events'));
    const { status, body } = await post('/api/runs', { recipe: stringify(long) });
    expect(status).toBe(200);
    const path = `/api/runs/${body.name}`;
    const reached = async (wanted: string) =>
      (
        await events.next(
          ({ type, data }) =>
            type === 'runs' && data.changed[0]?.name === body.name && data.changed[0].status === wanted,
        )
      ).data.changed[0];
    await events.next(({ type, data }) => type === 'metrics' && data.name === body.name && data.rows.length > 0);
    expect(await (await ask(path)).json()).toMatchObject({ stoppable: true, resumable: false });
    expect((await post(`${path}/resume`)).body.code).toBe('RUN_BUSY');

    expect(await post(`${path}/stop`)).toEqual({ status: 200, body: {} });
    // Asked twice it still saves.
    await post(`${path}/stop`);
    const stopped = await reached('stopped');
    expect(stopped.steps).toBeGreaterThan(0);
    expect(stopped.steps).toBeLessThan(100_000);

    // The process ends a moment after the run's record says so.
    while (studio.jobCount > 0) await new Promise((wake) => setTimeout(wake, 20));
    expect(await (await ask(path)).json()).toMatchObject({ stoppable: false, resumable: true });
    expect(await post(`${path}/resume`)).toEqual({ status: 200, body: {} });
    await reached('running');
    await studio.close();
    open = [];
    const run = openRun(body.name, root);
    expect(run.status).toBe('stopped');
    expect(run.metrics().at(-1)?.step).toBeGreaterThanOrEqual(stopped.steps);
  });

  it('carries a short run to its end', async () => {
    const { studio, ask, post } = await serve();
    const { body } = await post('/api/runs', { recipe: stringify(recipe) });
    while (studio.jobCount > 0) await new Promise((wake) => setTimeout(wake, 20));
    const { row } = await (await ask(`/api/runs/${body.name}`)).json();
    expect(row).toMatchObject({ status: 'finished', steps: 40, totalSteps: 40 });
    const story = await (await ask(`/api/runs/${body.name}/forecast`)).json();
    expect(story).toMatchObject({ name: 'airline-passengers', truth: expect.any(Array) });
    expect(story.steps.at(-1).forecast).toHaveLength(story.truth.length);
    expect((await post(`/api/runs/${body.name}/resume`)).body.code).toBe('BAD_ARGUMENT');
  });

  it('refuses a recipe that is wrong or names other files, and says why', async () => {
    const { post } = await serve();
    const start = (changes: object) => post('/api/runs', { recipe: stringify({ ...recipe, ...changes }) });
    const wrong = await start({ modle: {} });
    expect(wrong).toMatchObject({ status: 400, body: { code: 'RECIPE_INVALID' } });
    expect(wrong.body.message).toContain('model');
    expect((await post('/api/runs', { recipe: 'a: [1' })).body.code).toBe('RECIPE_INVALID');
    for (const source of ['/etc/passwd', join(built, 'index.html'), '../secret.csv', 'nothing.csv', '\0']) {
      const { status, body } = await start({ data: { source } });
      expect([source, status, body.code]).toEqual([source, 400, 'RECIPE_INVALID']);
      expect(body.message).toContain('registered data set');
    }
    // Within the runs folder it may be read; what is wrong with it the run itself says.
    writeFileSync(join(root, 'words.csv'), 'value\nx\n');
    const unfit = await start({ data: { source: join(root, 'words.csv') } });
    expect(unfit).toMatchObject({ status: 400, body: { code: 'DATA_INVALID' } });
    expect(unfit.body.message).not.toMatch(/\n\s+at /);
  });

  it('leaves runs of other processes alone', async () => {
    const run = writeRun(root, 'of-another');
    const { ask, post } = await serve();
    expect(await post('/api/runs/of-another/stop')).toMatchObject({ status: 409, body: { code: 'RUN_BUSY' } });
    expect(await (await ask('/api/runs/of-another')).json()).toMatchObject({ stoppable: false });
    expect(await post('/api/runs/nothing/stop')).toMatchObject({ status: 404, body: { code: 'RUN_NOT_FOUND' } });
    run.close();
  });
});
