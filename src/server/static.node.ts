/**
 * The studio without a server: a folder of files that works from any static host and, opened from a disk or a USB stick,
 * from `file://` too. There a page may load classic scripts, but neither modules nor anything it would fetch; so the
 * pages are one script (built from `studio/vite.static.config.ts`) and the data scripts that hand over a text.
 *
 *   index.html   says by <meta name="lookback-site"> that no server is there; its content policy allows nothing else
 *   site.js, site.css, favicon.svg
 *   data/NAME.js, data/tokenizer-NAME.js
 */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { gzipSync } from 'node:zlib';
import { packageRoot } from '../backends/platform.ts';
import { resolveText } from '../data/node.ts';
import { hasVocabulary } from '../data/tokenizers.node.ts';
import { LookbackError } from '../errors.ts';
import { shippable, tokenizerText } from './tokenizers.node.ts';

export interface StaticSiteOptions {
  /** Replaces a folder that holds something else. */
  force?: boolean;
  /** The built pages; by default built now in a checkout, else those of the package. */
  pages?: string;
  /** Registered texts to bring along; the airline months are in the pages. */
  texts?: readonly string[];
  /** Vocabularies to bring along; by default those on this machine that may be passed on (`shippable`). */
  tokenizers?: readonly string[];
}

export interface StaticSite {
  folder: string;
  files: number;
  bytes: number;
}

/** What nobody else's folder has in its page. */
const mark = '<meta name="lookback-site" content="static" />';

/** A page from a disk can be told nothing by headers: the policy stands in the page. */
const policy = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  'worker-src blob:',
  "connect-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/**
 * Writes the site: whole into a folder beside it, which then takes its place. An older site there is replaced.
 *
 * @throws BAD_ARGUMENT for a folder that holds something else, FILE_NOT_FOUND without the built pages, FILE_WRITE
 */
export async function buildStaticSite(
  folder: string,
  {
    force = false,
    pages,
    texts = ['moby-dick'],
    tokenizers = shippable.filter((name) => hasVocabulary(name)),
  }: StaticSiteOptions = {},
): Promise<StaticSite> {
  const target = resolve(folder);
  refuseForeign(target, folder, force);
  const contents = await Promise.all(texts.map(async (name) => [name, (await resolveText(name)).text] as const));
  const parent = dirname(target);
  let made: string;
  try {
    mkdirSync(parent, { recursive: true });
    made = mkdtempSync(join(parent, `.${basename(target)}-`));
  } catch (cause) {
    throw unwritable(folder, cause);
  }
  try {
    const built = pages ?? builtPages(made);
    for (const file of ['site.js', 'site.css', 'favicon.svg']) copyFileSync(join(built, file), join(made, file));
    if (built.startsWith(made)) rmSync(built, { recursive: true });
    mkdirSync(join(made, 'data'));
    const vocabularies = tokenizers.map((name) => [`tokenizer-${name}`, packed(tokenizerText(name))] as const);
    const data = [...contents, ...vocabularies];
    for (const [name, text] of data) writeFileSync(join(made, 'data', `${name}.js`), dataScript(name, text));
    writeFileSync(join(made, 'index.html'), indexPage(data.map(([name]) => name)));
    const site = { folder, ...sizeOf(made) };
    takePlace(made, target);
    return site;
  } catch (error) {
    rmSync(made, { recursive: true, force: true });
    throw error instanceof LookbackError ? error : unwritable(folder, error);
  }
}

function refuseForeign(target: string, folder: string, force: boolean): void {
  if (!existsSync(target)) return;
  const stat = statSync(target);
  const page = join(target, 'index.html');
  const ours = existsSync(page) && statSync(page).isFile() && readFileSync(page, 'utf8').includes(mark);
  if (stat.isDirectory() && (ours || readdirSync(target).length === 0)) return;
  // Whatever was meant, it was not the folder one stands in, or lives in.
  const lived = [process.cwd(), homedir()].some((path) =>
    `${path}${sep}`.startsWith(`${target}${sep}`.replace(/\/+$/, '/')),
  );
  if (stat.isDirectory() && force && !lived) return;
  throw new LookbackError('BAD_ARGUMENT', {
    where: folder,
    expected: 'a new or empty folder, or a site written before',
    got: stat.isDirectory() ? 'a folder that holds something else' : 'a file',
    next: stat.isDirectory() && !lived ? 'Choose another, or pass --force to replace all it holds' : 'Choose another',
  });
}

/** In a checkout the pages are built from their sources, so that they are never older; a package brings them. */
function builtPages(scratch: string): string {
  const root = packageRoot() ?? '.';
  const config = join(root, 'studio', 'vite.static.config.ts');
  const ready = join(root, 'dist', 'studio-static');
  if (!existsSync(config)) {
    if (existsSync(join(ready, 'site.js'))) return ready;
    const problem = 'the pages of the static site are not in this package';
    throw new LookbackError('FILE_NOT_FOUND', { where: ready, problem, next: 'Install lookback anew' });
  }
  const out = join(scratch, 'pages');
  const vite = join(dirname(createRequire(join(root, 'package.json')).resolve('vite/package.json')), 'bin', 'vite.js');
  const words = [vite, 'build', join(root, 'studio'), '--config', config, '--outDir', out, '--logLevel', 'error'];
  const { status, stderr, stdout } = spawnSync(process.execPath, words, { cwd: root, encoding: 'utf8' });
  if (status === 0) return out;
  throw new LookbackError('FILE_NOT_FOUND', {
    where: config,
    problem: `the pages could not be built:\n${`${stderr}${stdout}`.trim()}\n`,
    next: 'Run npx vite build studio --config studio/vite.static.config.ts',
  });
}

/** Data as a script, for a script is all that a page from a disk may read. */
function dataScript(name: string, text: string): string {
  return `(window.lookbackData ??= {})[${JSON.stringify(name)}] = ${JSON.stringify(text)};\n`;
}

/** Vocabularies are thrice as small this way; the page inflates them when they are chosen. */
const packed = (text: string): string => gzipSync(text).toString('base64');

function indexPage(data: readonly string[]): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta http-equiv="content-security-policy" content="${policy}" />
    <meta name="referrer" content="no-referrer" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    ${mark}
    <meta name="lookback-data" content="${data.join(' ')}" />
    <link rel="icon" href="favicon.svg" />
    <link rel="stylesheet" href="site.css" />
    <title>Lookback</title>
    <script defer src="site.js"></script>
  </head>
  <body>
    <div id="app"></div>
    <noscript>These pages train models in your browser, which takes JavaScript.</noscript>
  </body>
</html>
`;
}

function sizeOf(folder: string): { files: number; bytes: number } {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((path) => statSync(join(folder, path)));
  const files = paths.filter((stat) => stat.isFile());
  return { files: files.length, bytes: files.reduce((sum, { size }) => sum + size, 0) };
}

/** The new folder under the old one's name; the old one is gone only once the new one stands. */
function takePlace(made: string, target: string): void {
  // Temporary folders are their owner's alone; a web server reads as somebody else.
  chmodSync(made, 0o755);
  const old = existsSync(target) ? `${made}-old` : undefined;
  if (old) renameSync(target, old);
  renameSync(made, target);
  if (old) rmSync(old, { recursive: true });
}

function unwritable(where: string, cause: unknown): LookbackError {
  const problem = `the site could not be written: ${(cause as Error).message}`;
  return new LookbackError('FILE_WRITE', { where, problem, next: 'Choose a folder you may write to', cause });
}
