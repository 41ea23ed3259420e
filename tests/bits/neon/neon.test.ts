/**
 * The kernels built for arm64 (NEON, the flags of scripts/build-native.mjs) run under qemu and give the bits of AVX2. What
 * the addon adds, N-API, is not run. tests/bits holds AVX2 to AVX-512 and WebAssembly.
 */
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const cross = 'aarch64-linux-gnu-g++';
const emulator = 'qemu-aarch64-static';

const answers = (command: string) => {
  try {
    execFileSync(command, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};
const missing = [cross, emulator, 'g++'].filter((command) => !answers(command));
const why = process.arch === 'x64' ? missing.join(', ') : `an x64 machine to compare with (this is ${process.arch})`;
if (why) console.info(`skipped: NEON needs ${why}`);

const flags = [
  ...['-std=c++17', '-pthread', '-fno-exceptions', '-fno-rtti', '-ffp-contract=off', '-static', '-w'],
  ...[
    '-I',
    fileURLToPath(new URL('../../../kernels', import.meta.url)),
    fileURLToPath(new URL('driver.cpp', import.meta.url)),
  ],
];

describe.skipIf(why !== '')('NEON under qemu', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lookback-neon-'));
  const [neon, avx2] = ['neon', 'avx2'].map((name) => join(folder, name));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  beforeAll(async () => {
    await Promise.all([
      run(cross, ['-O3', '-DLB_WIDTH=4', ...flags, '-o', neon]),
      // Other optimisation, other width: nothing but the order that the kernels promise keeps the bits together.
      run('g++', ['-O1', '-DLB_WIDTH=8', '-mavx2', '-mfma', '-mf16c', ...flags, '-o', avx2]),
    ]);
  }, 600_000);

  it('gives the bits of AVX2 in every kernel, on one thread and on three', async ({ skip }) => {
    const lines = async (command: string, ...words: string[]) => (await run(command, words)).stdout.trim().split('\n');
    const expected = await lines(avx2, '1').catch(() => undefined);
    if (!expected) return skip('this processor has no AVX2 to compare with');
    expect(expected[0]).toBe('fused 1');
    expect(expected.length).toBeGreaterThan(100);
    expect(expected.filter((line) => !/^(fused 1|\S+ 0 [0-9a-f]{16})$/.test(line))).toEqual([]);
    expect(await lines(emulator, neon, '1')).toEqual(expected);
    expect(await lines(emulator, neon, '3')).toEqual(expected);
  }, 120_000);
});
