/**
 * The site without a server: what is written where, the address of a run, the texts a page may have, and in Chromium
 * from a disk (`file://`) and from a plain host. The browser's part is skipped without Chromium.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { runInNewContext } from 'node:vm';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { examineBackends } from '../../src/backends/init.ts';
import { runProgram } from '../../src/cli/program.ts';
import { hasVocabulary, loadTokenizer } from '../../src/data/tokenizers.node.ts';
import { LookbackError } from '../../src/errors.ts';
import { buildStaticSite } from '../../src/server/static.node.ts';
import type { RecipeInput } from '../../src/tasks/recipe.ts';
import { formatRecipe, parseRecipe } from '../../src/tasks/recipe.ts';
import { type RunOutcome, startRun } from '../../src/tasks/run.node.ts';
import { sha256 } from '../../src/tasks/sha256.ts';
import { decodeShare } from '../../src/tasks/share.ts';
import { executablePath, launch } from './browser.ts';
import { staticSite } from './built.ts';
import { openApp, temporaryFolder, writeRun } from './support.ts';

const fuses = (await examineBackends()).fused;

const gpt: RecipeInput = {
  task: 'language',
  data: { source: 'moby-dick', validation: 0.01 },
  context: 24,
  model: { kind: 'gpt', layers: 1, heads: 2, width: 32, positions: 'rotary' },
  train: { steps: 30, batch: 8, learningRate: 5e-3, evaluateEvery: 15, evaluation: { batches: 2 } },
  sample: { prompt: 'The ', length: 20 },
};
const lstm: RecipeInput = {
  task: 'forecast',
  data: { source: 'airline-passengers', period: 12 },
  window: { lookback: 12, horizon: 12 },
  split: { test: 12, validation: 12 },
  model: { kind: 'lstm', hidden: 16 },
  train: { steps: 40, batch: 16, evaluateEvery: 20 },
};

/** What a command prints. */
async function printed(...words: string[]): Promise<{ status: number; out: string; error: string }> {
  let [out, error] = ['', ''];
  const terminal = {
    write: (text: string) => {
      out += text;
    },
    writeError: (text: string) => {
      error += text;
    },
    colour: false,
    live: false,
    width: 80,
  };
  const status = await runProgram(words, terminal);
  return { status, out, error };
}

/** Pages already built, as a package has them. */
function standIn(): string {
  const pages = temporaryFolder();
  for (const file of ['site.js', 'site.css', 'favicon.svg']) writeFileSync(join(pages, file), file);
  return pages;
}

describe('the folder', () => {
  it('holds a page that loads nothing from elsewhere, and replaces only an older site', async () => {
    const parent = temporaryFolder();
    const folder = join(parent, 'deep', 'site');
    const pages = standIn();
    const site = await buildStaticSite(folder, { pages, tokenizers: [] });
    expect(site.files).toBe(5);
    const index = readFileSync(join(folder, 'index.html'), 'utf8');
    expect(index).toMatch(/content-security-policy" content="default-src 'none'; script-src 'self' 'wasm-unsafe-eval'/);
    expect(index).not.toMatch(/https?:|type="module"|unsafe-eval'.*'unsafe-eval/);
    expect(statSync(folder).mode & 0o055).toBe(0o055);
    writeFileSync(join(folder, 'left-over'), '');
    await buildStaticSite(folder, { pages, texts: [], tokenizers: [] });
    expect(readdirSync(folder).sort()).toEqual(['data', 'favicon.svg', 'index.html', 'site.css', 'site.js']);
    expect(readdirSync(join(parent, 'deep'))).toEqual(['site']);
  });

  it('is not written over what somebody else keeps there, unless forced, and never over where one lives', async () => {
    const folder = temporaryFolder();
    const pages = standIn();
    writeFileSync(join(folder, 'thesis.txt'), 'years of work');
    const refused = await buildStaticSite(folder, { pages }).catch((error) => error);
    expect(refused).toBeInstanceOf(LookbackError);
    expect(refused.message).toMatch(/holds something else.*--force/);
    expect(readdirSync(folder)).toEqual(['thesis.txt']);
    await buildStaticSite(folder, { pages, force: true, texts: [], tokenizers: [] });
    expect(existsSync(join(folder, 'thesis.txt'))).toBe(false);
    mkdirSync(join(folder, 'inside'));
    const before = process.cwd();
    process.chdir(join(folder, 'inside'));
    writeFileSync(join(folder, 'index.html'), 'mine now');
    try {
      for (const path of [folder, '..']) {
        const error = await buildStaticSite(path, { pages, force: true, texts: [], tokenizers: [] }).catch(
          (thrown) => thrown,
        );
        expect(error.code).toBe('BAD_ARGUMENT');
      }
      expect(readFileSync('../index.html', 'utf8')).toBe('mine now');
    } finally {
      process.chdir(before);
    }
  });

  it('is whole or not there', async () => {
    const parent = temporaryFolder();
    const error = await buildStaticSite(join(parent, 'site'), { pages: join(parent, 'none') }).catch(
      (thrown) => thrown,
    );
    expect(error.code).toBe('FILE_WRITE');
    mkdirSync(join(parent, 'x'));
    writeFileSync(join(parent, 'x', 'file'), '');
    expect((await buildStaticSite(join(parent, 'x', 'file', 'site')).catch((thrown) => thrown)).code).toBe(
      'FILE_WRITE',
    );
    expect(readdirSync(parent)).toEqual(['x']);
  });
});

describe('the texts a page may have', () => {
  const { get, problems } = openApp(temporaryFolder());
  it('are those of registered sets, by name alone', async () => {
    const { status, body } = await get('/api/data/moby-dick');
    expect(status).toBe(200);
    expect(body.text).toContain('Call me Ishmael');
    expect((await get('/api/data/airline-passengers')).body.text).toMatch(/^month,passengers\n1949-01,112\n/);
    for (const name of ['nothing', '..%2F..%2Fpackage.json', '%2Fetc%2Fpasswd', '__proto__', 'README.md']) {
      const refused = await get(`/api/data/${name}`);
      expect(refused.status).toBe(400);
      expect(refused.body.code).toBe('DATA_MISSING');
    }
    expect(problems).toEqual([]);
  });
});

describe('the address of a run', () => {
  const root = temporaryFolder();
  it('says what the run was and came to; a run without hashes has none', async () => {
    const { run, parametersHash } = await startRun(lstm, { root });
    const { status, out } = await printed(
      'runs',
      'share',
      run.name,
      '--runs',
      root,
      '--site',
      'https://example.org/a/#x',
    );
    expect(status).toBe(0);
    const [, code] = /^https:\/\/example\.org\/a\/#\/shared\?run=([\w-]+)\n$/.exec(out) ?? [];
    expect(await decodeShare(code)).toMatchObject({ recipe: run.recipe(), parametersHash });
    const { out: json } = await printed('runs', 'share', run.name, '--runs', root, '--json');
    expect(JSON.parse(json)).toMatchObject({
      run: run.name,
      parametersHash,
      address: expect.stringMatching(/^#\/shared/),
    });
    writeRun(root, 'old').finish('finished');
    const refused = await printed('runs', 'share', 'old', '--runs', root);
    expect(refused.status).toBe(1);
    expect(refused.error).toMatch(/finished run with the hashes.*Train it again/);
  });
});

describe.skipIf(!executablePath)('in Chromium (install Debian’s chromium, or set CHROMIUM, if this is skipped)', () => {
  const root = temporaryFolder();
  let folder: string;
  let browser: Browser;
  let server: Server;
  let language: RunOutcome;
  let link: string;
  const complaints: string[] = [];

  beforeAll(async () => {
    folder = await staticSite();
    language = await startRun(gpt, { root });
    const { run } = await startRun(lstm, { root });
    link = (await printed('runs', 'share', run.name, '--runs', root)).out.trim();
    const types: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };
    // A host that knows nothing of Lookback: no headers, no fallbacks.
    server = createServer(({ url = '/' }, response) => {
      const path = join(folder, new URL(url, 'http://x').pathname.replace(/\/$/, '/index.html'));
      if (!existsSync(path)) return response.writeHead(404).end();
      response.writeHead(200, { 'content-type': types[extname(path)] ?? 'image/svg+xml' }).end(readFileSync(path));
    });
    await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
    browser = await launch();
  });
  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  async function visit(address: string): Promise<Page> {
    const page = await browser.newPage();
    page.setDefaultTimeout(40_000);
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    page.on('request', (request) => {
      if (/^https?:/.test(request.url()) && !request.url().startsWith(address.split('/#')[0]))
        complaints.push(`asked for ${request.url()}`);
    });
    await page.goto(address);
    return page;
  }

  const places = {
    'a disk': () => pathToFileURL(join(folder, 'index.html')).href,
    'a plain host': () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
  };

  it.each(Object.entries(places))(
    'from %s it trains to the bits of the command line, and a link turns green',
    async (_, place) => {
      const page = await visit(`${place()}#/here`);
      await page.getByRole('textbox', { name: 'Recipe, as YAML' }).fill(formatRecipe(parseRecipe(gpt)));
      await page.getByRole('button', { name: 'Train', exact: true }).click();
      const hash = await page.locator('.hash code').innerText();
      if (fuses) expect(hash).toBe(language.parametersHash);
      expect(hash).toMatch(/^[0-9a-f]{64}$/);
      await page.goto(`${place()}${link}`);
      await page.locator(`.verdict[data-verdict=${fuses ? 'same' : 'different'}]`).waitFor();
      await page.close();
      expect(complaints).toEqual([]);
    },
  );

  it('begins with a page that needs no server, and offers no other', async () => {
    const page = await visit(places['a disk']());
    await page.getByRole('heading', { level: 1 }).first().waitFor();
    const names = await page.getByRole('navigation', { name: 'Pages' }).getByRole('link').allInnerTexts();
    expect(names).toContain('Train here');
    expect(names).not.toContain('Runs');
    expect(await page.getByText('New run').count()).toBe(0);
    await page.close();
    expect(complaints).toEqual([]);
  });

  it('cuts texts with what it brought along and what needs nothing, and checks exercises', async () => {
    const page = await visit(`${places['a disk']()}#/tokens?text=Hello%20world%20%F0%9F%98%89`);
    const ids = async (name: string) => {
      const tokens = page.getByRole('listbox', { name: `Tokens of ${name}` }).getByRole('option');
      const labels = await tokens.evaluateAll((all) => all.map((each) => each.getAttribute('aria-label') ?? ''));
      return labels.map((label) => Number(/, id (\d+), byte/.exec(label)?.[1]));
    };
    // Vocabularies come from packages beside this one; without them none is offered, and the rest works.
    if (hasVocabulary('gpt2')) {
      await expect.poll(() => ids('gpt2')).toEqual([...loadTokenizer('gpt2').encode('Hello world 😉')]);
    }
    expect(await page.getByRole('checkbox', { name: 'llama2' }).count()).toBe(0);
    await page.getByRole('checkbox', { name: 'byte' }).check();
    await expect.poll(() => ids('byte')).toEqual([...new TextEncoder().encode('Hello world 😉')]);
    await page.goto(`${places['a disk']()}#/lecture/words`);
    const exercise = page.getByRole('region', { name: /Exercise 7/ });
    await exercise.getByRole('button', { name: 'Check', exact: true }).click();
    await exercise.getByText(/The ids are as they were/).waitFor();
    await exercise.getByRole('textbox', { name: /Code of the exercise/ }).click();
    await page.keyboard.press('Control+A');
    await page.keyboard.insertText('export function mergeOnce() { for (;;); }');
    await page.keyboard.press('Control+Enter');
    await exercise.getByText(/did not end within 2 seconds/).waitFor();
    await page.close();
    expect(complaints).toEqual([]);
  });

  it('brings the book, whole', () => {
    const window: { lookbackData?: Record<string, string> } = {};
    runInNewContext(readFileSync(join(folder, 'data', 'moby-dick.js'), 'utf8'), { window });
    expect(sha256(window.lookbackData?.['moby-dick'] ?? '')).toBe(language.run.record.summary.dataHash);
  });
});
