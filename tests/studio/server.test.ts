/** The studio's server asked for everything it answers, by those it should answer and by those it should not. */
import { appendFileSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { unpackCurves } from '../../src/server/curves.ts';
import { CharacterTokenizer } from '../../src/text/index.ts';
import { saveCheckpoint, saveSnapshot } from '../../src/track/node.ts';
import { openApp, recipe, temporaryFolder, token, writeForecast, writeRun } from './support.ts';

const root = temporaryFolder();
const outside = temporaryFolder();
const studio = openApp(root);
const { ask, get, post } = studio;
const entries = (value: number) =>
  new Map([['w', { dtype: 'F32' as const, shape: [1], data: Float32Array.of(value) }]]);

beforeAll(() => {
  const run = writeRun(root, 'finished-run');
  writeForecast(run);
  saveCheckpoint(run, 'last', { step: 20, tensors: entries(1), optimizer: new Map(), state: {} });
  saveSnapshot(run, 10, entries(1));
  run.label({ tags: ['good'] });
  run.finish('finished', { parameters: 100, 'floor witten-bell 4-gram': 2.5, name: 'x' });
});

afterAll(() => {
  studio.events.close();
  expect(studio.problems).toEqual([]);
});

describe('routes', () => {
  it('lists runs as rows, with the recipe flattened and the last values', async () => {
    const { status, body } = await get('/api/runs');
    expect(status).toBe(200);
    expect(body.root).toBe(root);
    expect(body.runs).toEqual([
      {
        name: 'finished-run',
        status: 'finished',
        task: 'forecast',
        kind: 'lstm',
        started: expect.stringMatching(/^\d{4}-.*Z$/),
        ended: expect.stringMatching(/Z$/),
        steps: 20,
        totalSteps: 40,
        summary: {
          loss: 0.2,
          learningRate: 1e-3,
          validationLoss: 0.25,
          parameters: 100,
          'floor witten-bell 4-gram': 2.5,
          name: 'x',
        },
        recipe: expect.objectContaining({ 'model.hidden': 4, transform: '["log","standardize"]' }),
        tags: ['good'],
      },
    ]);
  });

  it('shows a run with its recipe, metrics, floors, checkpoints and snapshots', async () => {
    const { body } = await get('/api/runs/finished-run');
    expect(body).toMatchObject({
      row: { name: 'finished-run' },
      metrics: ['loss', 'learningRate', 'validationLoss'],
      floors: [{ name: 'Witten-Bell 4-gram', value: 2.5 }],
      checkpoints: [{ kind: 'last', step: 20 }],
      snapshots: [10],
      resumable: false,
      stoppable: false,
    });
    expect(body.recipeText).toBe(stringify({ ...recipe, train: { ...recipe.train, seed: 1 } }));
  });

  it('gives curves, whole and in buckets that keep the extremes', async () => {
    const whole = (await get('/api/runs/finished-run/metrics?names=loss,nothing&from=3&to=5')).body;
    const loss = [4 / 3, 1, 0.8].map((value) => Number(value.toPrecision(7)));
    expect(whole).toEqual({ loss: { step: [3, 4, 5], time: expect.any(Array), last: loss, min: loss, max: loss } });
    const { loss: thin, validationLoss } = (await get('/api/runs/finished-run/metrics?points=6')).body;
    expect(validationLoss.step).toEqual([10, 20]);
    expect(thin).toMatchObject({ step: [4, 8, 12, 16, 20], max: expect.arrayContaining([4]), min: thin.last });
    for (const query of ['points=1', 'points=x', 'from=', 'to=NaN']) {
      const { status, body } = await get(`/api/runs/finished-run/metrics?${query}`);
      expect([status, body.code]).toEqual([400, 'BAD_ARGUMENT']);
    }
  });

  it('gives the curves of many runs at once as bytes, with the mean of each bucket', async () => {
    const curves = async (body: unknown) => {
      const headers = { 'content-type': 'application/json' };
      const response = await ask('/api/curves', { method: 'POST', headers, body: JSON.stringify(body) });
      return response.ok
        ? unpackCurves(await response.arrayBuffer())
        : ((await response.json()) as { message: string });
    };
    const wanted = {
      runs: [{ name: 'finished-run' }, { name: 'gone' }, { name: '../x' }],
      metrics: ['loss', 'nothing'],
    };
    expect(await curves({ ...wanted, points: 3 })).toMatchObject([
      { run: 'finished-run', metric: 'loss', steps: Float64Array.of(10, 20), mean: expect.any(Float32Array) },
    ]);
    const [{ mean, last }] = (await curves({ ...wanted, points: 3 })) as ReturnType<typeof unpackCurves>;
    const ofFirst = Array.from({ length: 10 }, (_, i) => 4 / (i + 1));
    expect(mean[0]).toBeCloseTo(ofFirst.reduce((sum, value) => sum + value, 0) / 10, 6);
    expect(last[0]).toBeCloseTo(0.4, 6);
    expect(await curves({ runs: [{ name: 'finished-run', from: 3, to: 4 }], metrics: ['loss'] })).toMatchObject([
      { steps: Float64Array.of(3, 4) },
    ]);
    for (const body of [{}, { ...wanted, points: 1 }, { ...wanted, more: 1 }, { runs: ['x'], metrics: [] }]) {
      expect(await curves(body)).toMatchObject({ code: 'BAD_ARGUMENT', message: expect.stringMatching(/^body/) });
    }
    const named = await post('/api/metrics', { runs: ['finished-run', 'gone'] });
    expect(named.body).toEqual({
      'finished-run': {
        metrics: ['loss', 'learningRate', 'validationLoss'],
        floors: [{ name: 'Witten-Bell 4-gram', value: 2.5 }],
      },
    });
  });

  it('keeps labels that are fit, and refuses others by name', async () => {
    const path = '/api/runs/finished-run/labels';
    expect(await post(path, { tags: ['good', 'better'], notes: 'see <b>' })).toEqual({ status: 200, body: {} });
    expect(await post(path, { archived: false })).toEqual({ status: 200, body: {} });
    const { body } = await get('/api/runs/finished-run');
    expect(body).toMatchObject({ notes: 'see <b>', row: { tags: ['good', 'better'] } });
    for (const wrong of [
      { tags: ['\u001b[2J'] },
      { tags: 'x' },
      { archived: 1 },
      { other: 1 },
      [],
      { notes: 'x'.repeat(30_000) },
    ]) {
      expect(await post(path, wrong)).toMatchObject({ status: 400, body: { code: 'BAD_ARGUMENT' } });
    }
    expect(await post('/api/runs/gone/labels', {})).toMatchObject({ status: 404, body: { code: 'RUN_NOT_FOUND' } });
    await post(path, { tags: ['good'], notes: '' });
  });

  it('gives a run as one page that loads nothing and says every name as the text it is', async () => {
    const name = '<img src=x>&"';
    const run = writeRun(root, 'hostile');
    run.log(21, { '<script>alert(1)</script>': 1, sample: '</pre><script>alert(2)</script>' });
    writeForecast(run);
    run.label({ notes: '<i>notes</i>' });
    run.finish('finished');
    renameSync(join(root, 'hostile'), join(root, name));
    const response = await ask(`/api/runs/${encodeURIComponent(name)}/report`);
    expect(response.headers.get('content-disposition')).toMatch(/^attachment/);
    const page = await response.text();
    expect(page).toContain('&lt;img src=x&gt;&amp;&quot;');
    expect(page).not.toMatch(/<script|<img|<i>|src=(?!x&gt;)|url\(|@import|href=/);
    expect(page).toMatch(/seasonal naive[\s\S]*step 20[\s\S]*hidden: 4/);
    expect(page.match(/<svg /g)?.length).toBe(5);
    rmSync(join(root, name), { recursive: true });
    expect((await ask('/api/runs/gone/report')).status).toBe(404);
  });

  it('shrinks texts for who can take them, but not streams', async () => {
    const headers = { 'accept-encoding': 'gzip' };
    const list = await ask('/api/runs/finished-run', { headers });
    expect(list.headers.get('content-encoding')).toBe('gzip');
    const events = await ask('/api/events', { headers });
    expect(events.headers.get('content-encoding')).toBeNull();
    await events.body?.cancel();
  });

  it('gives samples and the forecast; steps done twice count once, a torn line not', async () => {
    expect((await get('/api/runs/finished-run/samples')).body).toEqual([
      { step: 10, text: 'after 10 steps' },
      { step: 20, text: 'after 20 steps' },
    ]);
    expect((await get('/api/runs/finished-run/forecast')).body).toEqual({
      name: 'airline-passengers',
      history: [1, 2, 3],
      truth: [4, 5],
      steps: [
        { step: 0, forecast: [0, 0] },
        { step: 10, forecast: [10, 3] },
      ],
      scores: [expect.objectContaining({ name: 'seasonal naive', mase: null })],
    });
    writeRun(root, 'no-forecast').finish('stopped');
    expect((await get('/api/runs/no-forecast/forecast')).body).toBeNull();
    expect((await get('/api/runs/no-forecast')).body.resumable).toBe(true);
  });

  it('draws the loss of knowing nothing beside the floors of a language run', async () => {
    const run = writeRun(root, 'language-run', { task: 'language' });
    mkdirSync(run.path('model'));
    writeFileSync(run.path('model', 'tokenizer.json'), JSON.stringify(CharacterTokenizer.fromText('abcdefgh')));
    run.finish('finished', { 'floor kneser-ney 5-gram': 1.25 });
    expect((await get('/api/runs/language-run')).body.floors).toEqual([
      { name: 'modified Kneser-Ney 5-gram', value: 1.25 },
      { name: 'ln V, V = 8', value: expect.closeTo(Math.log(8), 12) },
    ]);
  });

  it('names the public holidays of whole years; no place, no years and no numbers are refused', async () => {
    const { status, body } = await get('/api/holidays/DE?from=2023&to=2024');
    expect(status).toBe(200);
    expect(body.dates).toEqual(expect.arrayContaining(['2023-01-01', '2023-10-03', '2024-12-25']));
    expect(body.dates).not.toContain('2024-12-24');
    expect(body.dates.every((date: string) => /^202[34]-/.test(date))).toBe(true);
    for (const query of [
      'XX?from=2023&to=2024',
      '..%2FDE?from=2023&to=2024',
      'DE',
      'DE?from=2024&to=2023',
      'DE?from=1&to=9999',
    ]) {
      const refused = await get(`/api/holidays/${query}`);
      expect([query, refused.status, refused.body.code]).toEqual([query, 400, 'BAD_ARGUMENT']);
    }
  });

  it('answers what it has not with 404 and JSON', async () => {
    const { status, body } = await get('/api/runs/finished-rum');
    expect([status, body.code]).toEqual([404, 'RUN_NOT_FOUND']);
    expect(body.message).toContain('Did you mean finished-run?');
    for (const path of ['/api/', '/api/nothing', '/nothing.js']) {
      expect(await get(path)).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
    }
  });
});

describe('who may ask', () => {
  it('exchanges the token for a cookie and takes it out of the address', async () => {
    const response = await ask(`/runs/x?token=${token}&theme=dark`, { headers: { cookie: '' } });
    expect(response.status).toBe(303);
    expect(response.headers.get('location')).toBe('/runs/x?theme=dark');
    const cookie = response.headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(/HttpOnly/);
    expect(cookie).toMatch(/SameSite=Strict/);
    expect(cookie).not.toContain(token);
    expect((await ask('/', { headers: { cookie: cookie.split(';')[0] } })).status).toBe(200);
    const sly = await ask(`//evil.example/?token=${token}`, { headers: { cookie: '' } });
    expect(sly.headers.get('location')).toBe('/evil.example/');
  });

  it.each([
    ['no cookie', { cookie: '' }, 401],
    ['a wrong cookie', { cookie: 'lookback-studio-4000=session-secres' }, 401],
    ["another port's cookie", { cookie: 'lookback-studio-4001=session-secret' }, 401],
    ['another host', { host: 'evil.example:4000' }, 403],
    ['another port', { host: '127.0.0.1:4001' }, 403],
    ['a host without a port', { host: 'localhost' }, 403],
    ['another origin', { origin: 'http://evil.example' }, 403],
    ['another origin on this machine', { origin: 'http://127.0.0.1:3000' }, 403],
    ['no origin at all', { origin: 'null' }, 403],
    ['another site', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }, 403],
    ['a neighbour', { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors' }, 403],
  ])('refuses %s', async (_, headers: Record<string, string>, status) => {
    for (const path of ['/api/runs', '/']) {
      const response = await ask(path, { headers });
      expect(response.status).toBe(status);
      expect(await response.text()).not.toContain('finished-run');
    }
  });

  it('refuses a wrong token, even with the cookie, and sends its headers with every answer', async () => {
    for (const [path, status] of [
      ['/?token=wrong', 401],
      ['/api/runs', 200],
      ['/api/nothing', 404],
    ] as const) {
      const response = await ask(path);
      expect(response.status).toBe(status);
      expect(response.headers.get('content-security-policy')).toContain("default-src 'self'");
      expect(response.headers.get('cross-origin-opener-policy')).toBe('same-origin');
      expect(response.headers.get('cross-origin-embedder-policy')).toBe('require-corp');
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    }
    const localhost = await ask('/api/runs', { headers: { host: 'localhost:4000', origin: 'http://localhost:4000' } });
    expect(localhost.status).toBe(200);
  });

  it('takes JSON only, and not too much of it', async () => {
    const form = await ask('/api/runs', { method: 'POST', headers: { 'content-type': 'text/plain' }, body: '{}' });
    expect(form.status).toBe(400);
    expect(await post('/api/runs', {})).toMatchObject({ status: 400, body: { code: 'BAD_ARGUMENT' } });
    const body = `{"recipe":"${'x'.repeat(2 << 20)}"}`;
    const large = await ask('/api/runs', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    expect(large.status).toBe(400);
  });
});

describe('hostile names', () => {
  it('reads nothing by a name that is no run of the folder', async () => {
    writeRun(outside, 'secret').finish('finished');
    const names = [
      '..',
      '.',
      '%2e%2e',
      '%2e%2e%2fsecret',
      '..%5csecret',
      '%00',
      'a%00b',
      '%ff',
      '%F0%9F',
      'x'.repeat(5000),
    ];
    names.push(
      encodeURIComponent(join(outside, 'secret')),
      encodeURIComponent(`../${outside.split('/').at(-1)}/secret`),
    );
    for (const name of names) {
      for (const path of [`/api/runs/${name}`, `/api/runs/${name}/metrics`, `/api/runs/${name}/forecast`]) {
        const { status, body } = await get(path);
        expect([path, status]).toEqual([path, path === '/api/runs/.' || path === '/api/runs/..' ? status : 404]);
        expect(JSON.stringify(body).length).toBeLessThan(3000);
        expect(body.recipeText).toBeUndefined();
      }
    }
  });

  it('hands over names that are HTML as they are, as JSON', async () => {
    const name = '<img src=x onerror=alert(1)>';
    writeRun(root, 'plain').finish('finished');
    renameSync(join(root, 'plain'), join(root, name));
    const response = await ask(`/api/runs/${encodeURIComponent(name)}`);
    expect(response.headers.get('content-type')).toContain('application/json');
    expect((await response.json()).row.name).toBe(name);
    rmSync(join(root, name), { recursive: true });
  });

  it('follows no link out of the folder', async () => {
    symlinkSync(join(outside, 'secret'), join(root, 'linked-run'));
    writeRun(root, 'linked-file').finish('finished');
    symlinkSync(join(outside, 'secret', 'run.json'), join(root, 'linked-file', 'forecast.json'));
    mkdirSync(join(root, 'linked-model'));
    writeRun(root, 'deep-link').finish('finished');
    mkdirSync(join(root, 'deep-link', 'checkpoints'));
    symlinkSync(join(outside, 'secret', 'run.json'), join(root, 'deep-link', 'checkpoints', 'last.json'));
    const { runs } = (await get('/api/runs')).body;
    const row = (name: string) => runs.find((each: { name: string }) => each.name === name);
    expect(row('linked-run')).toMatchObject({ status: 'damaged', problem: expect.stringContaining('link') });
    expect(row('linked-file')).toMatchObject({ status: 'damaged', problem: expect.stringContaining('forecast.json') });
    expect(row('linked-model')).toBeUndefined();
    expect((await get('/api/runs/linked-file/forecast')).body.code).toBe('FILE_INVALID');
    expect((await get('/api/runs/linked-run/metrics')).status).toBe(404);
    expect((await get('/api/runs/deep-link')).body.code).toBe('FILE_INVALID');
    for (const name of ['linked-run', 'linked-file', 'linked-model', 'deep-link']) {
      rmSync(join(root, name), { recursive: true });
    }
    studio.problems.length = 0;
  });
});

describe('damage', () => {
  it('takes a torn last line for the end of the file', async () => {
    writeRun(root, 'torn', { steps: 3 }).finish('stopped');
    appendFileSync(join(root, 'torn', 'metrics.jsonl'), '{"step":4,"ti');
    const { row } = (await get('/api/runs/torn')).body;
    expect(row).toMatchObject({ steps: 3, status: 'stopped' });
    expect(row.problem).toBeUndefined();
  });

  it('shows a run with a line of garbage, what stands before it, and what is wrong', async () => {
    writeRun(root, 'garbage', { steps: 3 }).finish('stopped');
    appendFileSync(join(root, 'garbage', 'metrics.jsonl'), 'garbage\n{"step":5,"time":1,"loss":1}\n');
    expect((await get('/api/runs/garbage/metrics?names=loss')).body.loss.step).toEqual([1, 2, 3]);
    const { row } = (await get('/api/runs/garbage')).body;
    expect(row).toMatchObject({ status: 'stopped', steps: 5, problem: expect.stringContaining('line 4') });
    const { runs } = (await get('/api/runs')).body;
    expect(runs.find((each: { name: string }) => each.name === 'garbage').problem).toContain('line 4');
  });

  it('shows a damaged record, recipe or summary, and a killed run', async () => {
    for (const name of ['bad-record', 'bad-recipe', 'killed']) writeRun(root, name).close();
    writeFileSync(join(root, 'bad-record', 'run.json'), '{"schema":1}');
    writeFileSync(join(root, 'bad-recipe', 'recipe.yaml'), 'a: [1');
    const { runs } = (await get('/api/runs')).body;
    const row = (name: string) => runs.find((each: { name: string }) => each.name === name);
    expect(row('bad-record')).toMatchObject({ status: 'damaged', problem: expect.stringContaining('run record') });
    expect(row('bad-recipe')).toMatchObject({ status: 'interrupted', problem: expect.stringContaining('YAML') });
    expect(row('killed')).toMatchObject({ status: 'interrupted', steps: 20 });
    expect((await get('/api/runs/bad-record')).body).toMatchObject({ row: { status: 'damaged' }, metrics: [] });
    expect((await get('/api/runs/killed')).body.resumable).toBe(true);
  });
});
