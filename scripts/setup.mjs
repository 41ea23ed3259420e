/**
 * Makes a checkout ready to run: dependencies, native addon, dist/. Each part is skipped when it is fresh, so a second
 * start prints nothing and does nothing. Plain JavaScript without dependencies: it runs before any are installed.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Sets up everything; prints one line for each thing it does and ends the process when one cannot be done. */
export async function setUp() {
  checkNode();
  installDependencies();
  const { buildNative } = await import('./build-native.mjs');
  await buildNative({ ifPossible: true });
  buildProgram();
}

function checkNode() {
  const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const needed = engines.node.replace('>=', '');
  const [major, minor] = process.versions.node.split('.').map(Number);
  const [neededMajor, neededMinor] = needed.split('.').map(Number);
  if (major > neededMajor || (major === neededMajor && minor >= neededMinor)) return;
  stop(`Node ${needed} or newer is needed, this is ${process.versions.node}. Get it from https://nodejs.org`);
}

function installDependencies() {
  const lock = join(root, 'package-lock.json');
  const installed = join(root, 'node_modules', '.package-lock.json');
  const stamp = join(root, 'node_modules', '.lookback-setup');
  const hash = createHash('sha256').update(readFileSync(lock)).digest('hex');
  if (existsSync(installed)) {
    if (readStamp(stamp) === hash) return;
    // Installed by hand after the lock file last changed.
    if (readStamp(stamp) === undefined && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) {
      writeFileSync(stamp, hash);
      return;
    }
  }
  // No install scripts: the one that matters, our native addon, is built next, in sight.
  const flags = ['--no-audit', '--no-fund', '--ignore-scripts'];
  const outcome = attempt('dependencies: npm ci', ...npm('ci', ...flags));
  // A lock file written where the registry lacks other platforms' packages is refused by `npm ci` alone.
  if (outcome.output.includes('EUSAGE'))
    insist(attempt('dependencies: npm install', ...npm('install', '--no-save', ...flags)));
  else insist(outcome);
  writeFileSync(stamp, hash);
}

function buildProgram() {
  const stamp = join(root, 'build', 'dist.stamp');
  const sources = ['src', 'studio', 'tsdown.config.ts', 'tsconfig.json', 'package.json', 'package-lock.json'];
  const hash = createHash('sha256');
  for (const source of sources) addToHash(hash, join(root, source));
  const fingerprint = hash.digest('hex');
  const built = ['cli.js', 'studio/index.html'].every((file) => existsSync(join(root, 'dist', file)));
  if (built && readStamp(stamp) === fingerprint) return;
  const tsdown = join(root, 'node_modules', 'tsdown', 'dist', 'run.mjs');
  const env = { ...process.env, LOOKBACK_BUILD: 'quick' };
  insist(attempt('program: tsdown', process.execPath, [tsdown], { env }));
  const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
  insist(attempt('studio: vite build', process.execPath, [vite, 'build', 'studio', '--logLevel', 'error']));
  mkdirSync(join(root, 'build'), { recursive: true });
  writeFileSync(stamp, fingerprint);
}

/** Names, sizes and times of modification, which change whenever the content does. */
function addToHash(hash, path) {
  const stat = statSync(path);
  if (stat.isDirectory()) {
    for (const name of readdirSync(path).sort()) addToHash(hash, join(path, name));
  } else if (!path.endsWith('.test.ts')) {
    hash.update(`${path.slice(root.length)}\0${stat.size}\0${stat.mtimeMs}\0`);
  }
}

/** npm as this process was started by it, or as the shell finds it. */
function npm(...words) {
  const script = process.env.npm_execpath;
  if (script?.endsWith('npm-cli.js')) return [process.execPath, [script, ...words]];
  return ['npm', words, { shell: process.platform === 'win32' }];
}

/** Runs a command under one line that says what it is and how long it took. */
function attempt(what, command, words, options = {}) {
  process.stdout.write(`${what} … `);
  const started = Date.now();
  const { status, error, stdout, stderr } = spawnSync(command, words, { cwd: root, encoding: 'utf8', ...options });
  const ok = status === 0;
  console.log(ok ? `done in ${((Date.now() - started) / 1000).toFixed(1)} s` : 'failed');
  const problem = error ? `${command} could not be run: ${error.message}` : `it ended with status ${status}`;
  return { ok, output: `${stdout ?? ''}${stderr ?? ''}`.trim(), problem: `${what}: ${problem}` };
}

function insist({ ok, output, problem }) {
  if (ok) return;
  console.error(output);
  stop(problem);
}

function readStamp(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

function stop(message) {
  console.error(`error: ${message}`);
  process.exit(1);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await setUp();
