/**
 * Builds the native addon from kernels/ with any C++17 compiler: one shared object per instruction set and a probe
 * that says which of them this machine can run. Rebuilds only when sources or flags changed.
 *
 *   node scripts/build-native.mjs [--if-possible] [--force] [--sanitize]
 *
 * --if-possible  never fails: says in one line why WebAssembly serves instead
 * --force        builds even when nothing changed
 * --sanitize     address and undefined-behaviour checks, into build/sanitize/
 *
 * Plain JavaScript without dependencies beyond node-api-headers: it runs on install, before anything is built.
 */
import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));
const kernels = join(root, 'kernels');
const run = promisify(execFile);

const baseFlags = [
  ...['-std=c++17', '-fPIC', '-shared', '-pthread', '-fvisibility=hidden', '-fno-exceptions', '-fno-rtti'],
  // A multiply and an add are fused only where the kernels ask for it: the same bits on every instruction set.
  '-ffp-contract=off',
  ...(process.platform === 'darwin' ? ['-undefined', 'dynamic_lookup'] : []),
];
const speedFlags = ['-O3'];
const sanitizeFlags = ['-O1', '-g', '-fsanitize=address,undefined', '-fno-sanitize-recover=undefined'];
const staticFlags = process.platform === 'linux' ? ['-static-libstdc++', '-static-libgcc'] : [];

const probe = { name: 'lookback-cpu', source: 'cpu-features.cpp', flags: [] };
/** By process.arch. NEON is part of every arm64, and SSE2 of every x64. */
const targetsOf = {
  x64: [
    {
      name: 'lookback-avx512',
      source: 'native.cpp',
      flags: ['-DLB_WIDTH=16', '-mavx512f', '-mavx512dq', '-mavx512bw', '-mavx512vl', '-mfma', '-mprfchw'],
    },
    { name: 'lookback-avx2', source: 'native.cpp', flags: ['-DLB_WIDTH=8', '-mavx2', '-mfma', '-mf16c'] },
    { name: 'lookback-baseline', source: 'native.cpp', flags: ['-DLB_WIDTH=4'] },
  ],
  arm64: [{ name: 'lookback-neon', source: 'native.cpp', flags: ['-DLB_WIDTH=4'] }],
};
// LOOKBACK_ARCH=arm64 with CXX=aarch64-linux-gnu-g++ compiles for the other.
const arch = process.env.LOOKBACK_ARCH ?? process.arch;
const targets = targetsOf[arch] ?? [];

/**
 * Builds what is missing or stale and prints one line about it; silent when all is fresh.
 * Returns 'fresh', 'built' or 'unavailable'; with `ifPossible` it never throws.
 */
export async function buildNative({ ifPossible = false, force = false, sanitize = false } = {}) {
  const folder = join(root, 'build', sanitize ? 'sanitize' : arch === process.arch ? 'native' : `native-${arch}`);
  const stampFile = join(folder, 'stamp.json');
  const sources = fingerprint(sanitize);
  const last = readStamp(stampFile);
  const unchanged = !force && last?.sources === sources;
  if (unchanged && last.result === 'built' && isComplete(folder)) return 'fresh';
  const compiler = targets.length > 0 ? findCompiler() : undefined;
  if (unchanged && ifPossible && last.result === 'unavailable' && last.compiler === compiler?.version)
    return last.result;
  mkdirSync(folder, { recursive: true });
  const finish = (result) => {
    writeAtomically(stampFile, `${JSON.stringify({ sources, compiler: compiler?.version, result })}\n`);
    return result;
  };
  try {
    if (targets.length === 0) throw new Unavailable(`kernels are not built for ${arch}`);
    if (!compiler) throw new Unavailable('no C++ compiler');
    const started = Date.now();
    await compileAll(compiler.command, folder, sanitize);
    console.log(`native addon: built with ${compiler.command} in ${((Date.now() - started) / 1000).toFixed(1)} s`);
    return finish('built');
  } catch (error) {
    const reason = error instanceof Unavailable ? error.message : firstError(error);
    if (!(error instanceof Unavailable)) writeFileSync(join(folder, 'build.log'), String(error.stderr ?? error.stack));
    // What an older build left no longer belongs to these sources.
    for (const { name } of [probe, ...targets]) rmSync(join(folder, `${name}.node`), { force: true });
    if (!ifPossible) throw new Error(`native addon: ${reason}`);
    console.log(`native addon: ${reason}: WebAssembly serves`);
    return finish('unavailable');
  }
}

/** Nothing is wrong with the machine; it just has no native addon. */
class Unavailable extends Error {}

async function compileAll(command, folder, sanitize) {
  const flags = [...baseFlags, ...(sanitize ? sanitizeFlags : speedFlags), '-I', headers(), '-I', kernels];
  const compile = async ({ name, source, flags: own }, extra) => {
    const file = join(folder, `${name}.node`);
    const partial = `${file}.${process.pid}.tmp`;
    try {
      await run(command, [...flags, ...own, join(kernels, source), ...extra, '-o', partial], { maxBuffer: 1 << 26 });
      renameSync(partial, file);
    } finally {
      rmSync(partial, { force: true });
    }
  };
  // The probe is tiny, so it also tells whether this compiler can link its runtime statically.
  let extra = sanitize ? [] : staticFlags;
  try {
    await compile(probe, extra);
  } catch (error) {
    if (extra.length === 0) throw error;
    extra = [];
    await compile(probe, extra);
  }
  await Promise.all(targets.map((target) => compile(target, extra)));
}

function findCompiler() {
  const commands = process.env.CXX ? [process.env.CXX] : ['c++', 'g++', 'clang++'];
  for (const command of commands) {
    try {
      const version = execFileSync(command, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
      return { command, version: `${command} ${version}` };
    } catch {
      // Not on this machine; the next one may be.
    }
  }
  return undefined;
}

function headers() {
  try {
    return createRequire(import.meta.url)('node-api-headers').include_dir;
  } catch {
    throw new Unavailable('node-api-headers is not installed');
  }
}

/** Sources and flags, as one hash. The compiler is left out: a new one gives the same bits. */
function fingerprint(sanitize) {
  const hash = createHash('sha256');
  const settings = { sanitize, baseFlags, speedFlags, sanitizeFlags, staticFlags, probe, targets };
  hash.update(JSON.stringify({ ...settings, system: [process.platform, arch] }));
  for (const entry of readdirSync(kernels, { withFileTypes: true, recursive: true }).sort(byPath)) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath ?? entry.path, entry.name);
    hash.update(`\0${path.slice(kernels.length)}\0`).update(readFileSync(path));
  }
  return hash.digest('hex');
}

function byPath(a, b) {
  const left = join(a.parentPath ?? a.path, a.name);
  const right = join(b.parentPath ?? b.path, b.name);
  return left < right ? -1 : left > right ? 1 : 0;
}

function isComplete(folder) {
  return [probe, ...targets].every(({ name }) => existsSync(join(folder, `${name}.node`)));
}

function readStamp(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

function writeAtomically(file, text) {
  const partial = `${file}.${process.pid}.tmp`;
  writeFileSync(partial, text);
  renameSync(partial, file);
}

function firstError(error) {
  const lines = String(error.stderr || error.message).split('\n');
  return (lines.find((line) => /\berror\b/i.test(line)) ?? lines[0]).trim();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const known = ['--if-possible', '--force', '--sanitize'];
  const unknown = process.argv.slice(2).find((flag) => !known.includes(flag));
  if (unknown) {
    console.error(`error: unknown flag ${unknown}; valid: ${known.join(' ')}`);
    process.exit(2);
  }
  const has = (flag) => process.argv.includes(flag);
  try {
    await buildNative({ ifPossible: has('--if-possible'), force: has('--force'), sanitize: has('--sanitize') });
  } catch (error) {
    console.error(`error: ${error.message}`);
    process.exit(1);
  }
}
