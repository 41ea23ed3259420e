/** The server's answers about models: what the page is told, what is refused, and that nothing is held for long. */
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { getBackend } from '../../src/backends/backend.ts';
import '../../src/backends/init.ts';
import { attentionPattern, predictions, readText, recurrentActivity } from '../../src/inspect/index.ts';
import { ModelStore } from '../../src/server/modelStore.node.ts';
import { loadLanguageModel } from '../../src/tasks/export.node.ts';
import { openRun, removeRun } from '../../src/track/node.ts';
import { knownText, writeForecastRun, writeLanguageRun } from './modelRuns.ts';
import { openApp, temporaryFolder } from './support.ts';

const root = temporaryFolder();
const outside = temporaryFolder();
const studio = openApp(root);
const { ask, get, post } = studio;
const gpt = { kind: 'gpt', layers: 2, heads: 2, width: 8 } as const;
const lstm = { kind: 'lstm', layers: 2, width: 6 } as const;
const text = 'The whale swam';

/** An answer of bytes, with its shape. */
async function bytes(path: string, body: object) {
  const response = await ask(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(response.status).toBe(200);
  const shape = (response.headers.get('x-shape') ?? '').split(',').map(Number);
  return { shape, buffer: await response.arrayBuffer() };
}

beforeAll(() => {
  writeLanguageRun(root, { name: 'gpt', model: gpt });
  writeLanguageRun(root, { name: 'lstm', model: lstm });
  writeForecastRun(root, { name: 'forecast', model: { kind: 'gru', hidden: 5, layers: 1 } });
  writeForecastRun(root, { name: 'transformer', model: { kind: 'transformer', hidden: 8, layers: 2, heads: 2 } });
});
afterAll(() => {
  studio.events.close();
  expect(studio.problems).toEqual([]);
});

describe('a model', () => {
  it('is described: its parts, its moments, a text to begin with', async () => {
    const { status, body } = await get('/api/runs/gpt/model');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      run: 'gpt',
      task: 'language',
      kind: 'gpt',
      attention: { layers: 2, heads: 2 },
      longest: 32,
      suggestion: 'The whale <b onclick=alert(1)> s',
      checkpoints: [
        { step: 0, kinds: ['snapshot'] },
        { step: 10, kinds: ['snapshot'] },
        { step: 20, kinds: ['snapshot', 'last'] },
      ],
    });
    expect((await get('/api/runs/lstm/model')).body.recurrent).toMatchObject({
      kind: 'lstm',
      layers: 2,
      hidden: 6,
      quantities: ['cell', 'hidden', 'input', 'forget', 'candidate', 'output'],
    });
    expect((await get('/api/runs/forecast/model')).body).toMatchObject({
      task: 'forecast',
      recurrent: { kind: 'gru', hidden: 5 },
      series: { name: 'airline-passengers', lookback: 12, horizon: 6, first: 24, last: 144 },
    });
  });

  it('answers with the numbers of its own weights at the step asked for', async () => {
    const { model, tokenizer } = loadLanguageModel(openRun('gpt', root));
    const { subject } = readText(model, tokenizer, text);
    const expected = predictions(subject, { top: 1 });
    const { body } = await post('/api/runs/gpt/model/look', { step: 20, text });
    expect(body.tokens.join('')).toBe(text);
    expect(body.predictions.map(({ top }: { top: object[] }) => top[0])).toEqual(
      expected.map(({ top: [{ id, probability }] }) => ({ token: tokenizer.decode([id]), probability })),
    );
    const before = await post('/api/runs/gpt/model/look', { step: 10, text });
    expect(before.body.predictions[3].entropy).not.toBe(body.predictions[3].entropy);

    const T = text.length;
    const head = await bytes('/api/runs/gpt/model/head', { step: 20, text, layer: 1, head: 0 });
    expect(head.shape).toEqual([T, T]);
    expect([...new Float32Array(head.buffer)]).toEqual([...attentionPattern(subject, 1, 0)]);
    const pictures = await bytes('/api/runs/gpt/model/attention', { step: 20, text, cells: 64 });
    expect([pictures.shape, pictures.buffer.byteLength]).toEqual([[2, 2, T, T], 4 * T * T]);

    const lstmLoaded = loadLanguageModel(openRun('lstm', root));
    const lstmSubject = readText(lstmLoaded.model, lstmLoaded.tokenizer, text).subject;
    const cell = await bytes('/api/runs/lstm/model/activity', { step: 20, text, layer: 1, quantity: 'cell' });
    expect(cell.shape).toEqual([T, 6]);
    expect([...new Float32Array(cell.buffer)]).toEqual([...recurrentActivity(lstmSubject, 1, 'cell').values]);
    const gradient = (await post('/api/runs/lstm/model/gradient', { step: 20, text, position: 5 })).body;
    expect(gradient.traces.map(({ name, norms }: { name: string; norms: number[] }) => [name, norms.length])).toEqual([
      ['embedding', 6],
      ['lstm.0.state', 6],
      ['lstm.1.state', 6],
    ]);
  });

  it('draws the same token from the same seed, and others are out after filtering', async () => {
    const settings = { step: 20, text, temperature: 0.9, topK: 3, seed: 7 };
    const { body } = await post('/api/runs/lstm/model/next', settings);
    expect(body.kept).toBe(3);
    expect(body.candidates.filter(({ after }: { after: number }) => after > 0)).toHaveLength(3);
    expect((await post('/api/runs/lstm/model/next', settings)).body).toEqual(body);
    const drawn = new Set<string>();
    for (let seed = 0; seed < 30; seed++) {
      drawn.add((await post('/api/runs/lstm/model/next', { ...settings, topK: undefined, seed })).body.token);
    }
    expect(drawn.size).toBeGreaterThan(3);
  });

  it('that forecasts shows its window, its forecast and what it held meanwhile', async () => {
    const { body } = await post('/api/runs/forecast/model/look', { step: 20, origin: 132 });
    expect(body.tokens).toEqual(Array.from({ length: 12 }, (_, i) => String(120 + i)));
    expect(body.forecast.truth).toEqual([417, 391, 419, 461, 472, 535]);
    expect(body.forecast.forecast.every((value: number) => value > 50 && value < 2000)).toBe(true);
    const end = (await post('/api/runs/forecast/model/look', { step: 20, origin: 144 })).body.forecast;
    expect(end.truth).toEqual([null, null, null, null, null, null]);
    const state = { step: 20, origin: 132, layer: 0, quantity: 'update' };
    expect((await bytes('/api/runs/forecast/model/activity', state)).shape).toEqual([12, 5]);
    const looks = { step: 10, origin: 132, cells: 8 };
    expect((await bytes('/api/runs/transformer/model/attention', looks)).shape).toEqual([2, 2, 8, 8]);
    const traces = (await post('/api/runs/transformer/model/gradient', { step: 20, origin: 132, position: 5 })).body
      .traces;
    expect(traces.map(({ name }: { name: string }) => name)).toEqual(['embedding', 'blocks.0.output']);
  });
});

describe('what is refused', () => {
  const look = (body: object, run = 'gpt') => post(`/api/runs/${run}/model/look`, body);
  const code = async (answer: Promise<{ status: number; body: { code: string; message: string } }>) => {
    const { status, body } = await answer;
    expect(body.message).not.toMatch(/\n {2,}at /);
    return [status, body.code];
  };

  it('are texts that are empty, too long, or hold a character never seen, which is named', async () => {
    expect(await code(look({ step: 20, text: '' }))).toEqual([400, 'BAD_ARGUMENT']);
    expect(await code(look({ step: 20, text: 'a'.repeat(4097) }))).toEqual([400, 'BAD_ARGUMENT']);
    const { status, body } = await look({ step: 20, text: 'The wh🐋le' });
    expect([status, body.code]).toEqual([400, 'DATA_INVALID']);
    expect(body.message).toContain('"🐋" (U+1F40B) at index 6');
    const long = (await look({ step: 20, text: knownText.repeat(20) })).body;
    expect([long.tokens.length, long.dropped]).toEqual([32, knownText.length * 20 - 32]);
    const html = (await look({ step: 20, text: '<b onclick=alert(1)>' })).body;
    expect(html.tokens.join('')).toBe('<b onclick=alert(1)>');
  });

  it.each([
    [{}],
    [{ step: 20 }],
    [{ step: 20, text: 5 }],
    [{ step: -1, text }],
    [{ step: 1.5, text }],
    [{ step: '../../20', text }],
    [{ step: null, text }],
    [[]],
  ])('are wrong bodies: %j', async (body) => {
    expect(await code(look(body))).toEqual([400, 'BAD_ARGUMENT']);
  });

  it('are places, heads, layers and quantities that are not there', async () => {
    const at = (path: string, body: object, run = 'gpt') =>
      code(post(`/api/runs/${run}/model/${path}`, { step: 20, text, ...body }));
    for (const body of [
      { layer: 2, head: 0 },
      { layer: 0, head: 9 },
    ]) {
      expect(await at('head', body)).toEqual([400, 'INDEX_OUT_OF_RANGE']);
    }
    expect(await at('head', { layer: 0 })).toEqual([400, 'BAD_ARGUMENT']);
    expect(await at('head', { layer: 0, head: 0 }, 'lstm')).toEqual([400, 'INDEX_OUT_OF_RANGE']);
    expect(await at('attention', { cells: 4000 })).toEqual([400, 'BAD_ARGUMENT']);
    expect(await at('activity', { layer: 0, quantity: '__proto__' }, 'lstm')).toEqual([400, 'BAD_ARGUMENT']);
    expect(await at('gradient', { position: text.length - 1 })).toEqual([400, 'INDEX_OUT_OF_RANGE']);
    expect(await at('next', { temperature: -1, seed: 1 })).toEqual([400, 'BAD_ARGUMENT']);
    expect(await at('next', { temperature: 1, seed: 1, origin: 140 }, 'forecast')).toEqual([400, 'BAD_ARGUMENT']);
    expect(await at('look', { origin: 3 }, 'forecast')).toEqual([400, 'BAD_ARGUMENT']);
  });

  it('are steps without weights and names that lead elsewhere', async () => {
    const { status, body } = await look({ step: 11, text });
    expect([status, body.code]).toEqual([404, 'FILE_NOT_FOUND']);
    expect(body.message).toContain('There are steps 0, 10, 20');
    for (const name of ['..%2f..%2fetc', 'none', '%2e%2e', 'gpt%2f..%2flstm']) {
      expect((await look({ step: 20, text }, name)).status).toBe(404);
    }
    expect((await get('/api/runs/none/model')).body.code).toBe('RUN_NOT_FOUND');
  });

  it('are damaged weights, links among them, and recipes that do not fit them', async () => {
    const run = writeLanguageRun(root, { name: 'damaged', model: gpt });
    const snapshot = (step: number) => run.path('snapshots', `step-0000${step}.safetensors`);
    const whole = readFileSync(snapshot(10));
    writeFileSync(snapshot(10), whole.subarray(0, whole.length / 2));
    expect(await code(look({ step: 10, text }, 'damaged'))).toEqual([422, 'FILE_INVALID']);
    expect((await look({ step: 20, text }, 'damaged')).status).toBe(200);
    const recipe = readFileSync(run.path('recipe.yaml'), 'utf8');
    for (const wrong of ['layers: 1000000000', 'layers: 3']) {
      writeFileSync(run.path('recipe.yaml'), recipe.replace('layers: 2', wrong));
      expect(await code(look({ step: 20, text }, 'damaged'))).toEqual([422, 'STATE_MISMATCH']);
    }
    writeFileSync(run.path('recipe.yaml'), recipe.replace('width: 8', 'width: 12345678'));
    expect(await code(look({ step: 20, text }, 'damaged'))).toEqual([422, 'STATE_MISMATCH']);
    writeFileSync(run.path('recipe.yaml'), recipe);
    rmSync(run.path('model', 'tokenizer.json'));
    expect(await code(look({ step: 20, text }, 'damaged'))).toEqual([404, 'FILE_NOT_FOUND']);

    const linked = writeLanguageRun(root, { name: 'linked', model: gpt });
    writeFileSync(join(outside, 'secret.safetensors'), whole);
    symlinkSync(join(outside, 'secret.safetensors'), linked.path('snapshots', 'step-000030.safetensors'));
    expect(await code(look({ step: 30, text }, 'linked'))).toEqual([422, 'FILE_INVALID']);
    mkdirSync(join(root, 'bare'));
    expect((await get('/api/runs/bare/model')).body.code).toBe('RUN_NOT_FOUND');
    const weightless = writeLanguageRun(root, { name: 'weightless', model: gpt, steps: [] });
    for (const part of ['checkpoints', 'snapshots', 'model'])
      rmSync(weightless.path(part), { recursive: true, force: true });
    expect(await code(get('/api/runs/weightless/model'))).toEqual([404, 'FILE_NOT_FOUND']);
  });
});

describe('the store', () => {
  it('sees weights that were written anew, holds two models at most, and gives all memory back', async () => {
    const inUse = () => getBackend().memory().inUse;
    const before = inUse();
    const store = new ModelStore(studio.runs);
    const first = (name: string, step = 20) =>
      store.use(name, step, undefined, ({ model }) => model.parameters()[0].dataSync()[0]);
    const value = await first('gpt');
    expect(await first('gpt', 10)).not.toBe(value);
    expect(await first('gpt')).toBe(value);
    const one = inUse();
    for (const step of [0, 10, 20, 0, 10]) await first('gpt', step);
    expect(inUse()).toBe(one);
    removeRun('gpt', root);
    writeLanguageRun(root, { name: 'gpt', model: gpt, steps: [20, 30] });
    expect(existsSync(join(root, 'gpt'))).toBe(true);
    expect(await first('gpt', 30)).toBe(value);
    expect(await first('gpt')).toBe(value);
    await first('lstm');
    const two = inUse();
    await first('transformer');
    expect(inUse()).not.toBe(two);
    store.close();
    expect(inUse()).toBe(before);
  });

  it('does not compute for a page that has gone, and goes on after a failure', async () => {
    const store = new ModelStore(studio.runs);
    const controller = new AbortController();
    let computed = 0;
    const count = () => ++computed;
    const failing = store.use('lstm', 999, undefined, count);
    const given = store.use('lstm', 20, controller.signal, count);
    const kept = store.use('lstm', 20, undefined, count);
    controller.abort();
    await expect(failing).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    await expect(given).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
    expect(await kept).toBe(1);
    store.close();
  });
});
