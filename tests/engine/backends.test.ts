/** Which backend is loaded, in which order, and what is said about those that are not. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { getBackend, setBackend } from '../../src/backends/backend.ts';
import { kernelAbi } from '../../src/backends/cpu/kernels.generated.ts';
import { loadNative } from '../../src/backends/cpu/native.ts';
import { type BackendChoice, createBackend, examineBackends, init } from '../../src/backends/init.ts';
import { full } from '../../src/tensor/index.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lookback-addons-'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  setBackend(undefined);
  rmSync(folder, { recursive: true });
});

/** A stand-in for an addon: Node takes a folder with an index.js where it is asked for a file of that name. */
function addon(name: string, code: string): void {
  mkdirSync(join(folder, `${name}.node`));
  writeFileSync(join(folder, `${name}.node`, 'index.js'), code);
}
const everything = 'new Proxy({}, { get: () => true })';

describe('the native addon', () => {
  beforeEach(() => vi.stubEnv('LOOKBACK_NATIVE', folder));

  it('is refused by name when it was built from other kernels', () => {
    addon('lookback-cpu', `exports.features = () => ${everything};`);
    addon('lookback-avx512', `exports.abi = () => ${kernelAbi + 1};`);
    addon('lookback-avx2', `exports.abi = () => ${kernelAbi + 1};`);
    const { tried } = loadNative();
    expect(tried).toContain(`native-avx512: ${folder} was built from other kernels (run \`lookback doctor --build\`)`);
    expect(tried).toContain(`native-avx2: ${folder} was built from other kernels (run \`lookback doctor --build\`)`);
  });

  it('is looked for in LOOKBACK_NATIVE first, then among the packages, then where it is built', () => {
    addon('lookback-cpu', `exports.features = () => ${everything};`);
    const stub = `exports.abi = () => ${kernelAbi}; exports.threadsStart = () => 0; exports.fused = () => 1;`;
    addon('lookback-avx512', stub);
    const { module, tried } = loadNative();
    expect(module?.name).toBe('native-avx512');
    expect(tried.at(-1)).toBe(`native-avx512: loaded from ${folder}`);
    expect(tried[0]).toMatch(/^native: package @lookback\/.* is not installed$/);
  });

  it('says what is missing and looks on', () => {
    const { tried } = loadNative();
    const here = tried.indexOf(`native: nothing built in ${folder} (run \`lookback doctor --build\`)`);
    const built = tried.findIndex((line) => /build.native/.test(line));
    expect(here).toBeGreaterThanOrEqual(0);
    expect(built).toBeGreaterThan(here);
  });

  it('is skipped where the processor lacks it', () => {
    addon('lookback-cpu', 'exports.features = () => ({});');
    const { tried } = loadNative({ wanted: 'avx512' });
    expect(tried).toContain('native-avx512: this processor lacks it');
    expect(tried.join()).not.toContain('avx2');
  });

  it('that cannot be loaded stops nobody', () => {
    addon('lookback-cpu', 'throw new Error("wrong machine");');
    expect(loadNative().tried).toContain(`native: ${folder} could not be loaded: wrong machine`);
  });
});

describe('the choice', () => {
  it('by LOOKBACK_BACKEND, with the nearest name for a wrong one', async () => {
    vi.stubEnv('LOOKBACK_BACKEND', 'wasm-relxed');
    const expected = { code: 'BAD_ARGUMENT', message: expect.stringContaining('Did you mean wasm-relaxed') };
    await expect(createBackend()).rejects.toMatchObject(expected);
    expect(() => getBackend()).toThrow(expect.objectContaining(expected));
    vi.stubEnv('LOOKBACK_BACKEND', 'reference');
    expect(getBackend().name).toBe('reference');
  });

  it('by option, with the nearest name for a wrong one', async () => {
    await expect(createBackend({ backend: 'refernce' as BackendChoice })).rejects.toMatchObject({
      code: 'BAD_ARGUMENT',
      message: expect.stringContaining('Did you mean reference'),
    });
    for (const threads of [0, -1, 1.5, Number.NaN]) {
      await expect(createBackend({ backend: 'wasm', threads })).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
    }
  });

  it('of init() becomes the default', async () => {
    const backend = await init({ backend: 'reference-f64' });
    expect(getBackend()).toBe(backend);
    expect(full([1], 0.1).item()).toBe(0.1);
  });

  it('is wasm where the addon cannot be had, and that is said', async () => {
    const { tried, chosen, threads } = await examineBackends();
    expect(threads).toBeGreaterThanOrEqual(1);
    expect(tried.filter((line) => line.startsWith('wasm-relaxed: loads')).length).toBe(1);
    expect(tried.filter((line) => line.startsWith('wasm-simd128: loads, multiply-add does not fuse')).length).toBe(1);
    const native = tried.some((line) => /^native-.*: loaded from/.test(line));
    expect(chosen).toMatch(native ? /^native-/ : /^wasm-/);
    vi.stubEnv('LOOKBACK_BACKEND', 'wasm-simd128');
    expect(await examineBackends()).toMatchObject({ chosen: 'wasm-simd128', fused: false });
  });

  it('takes LOOKBACK_THREADS', async () => {
    vi.stubEnv('LOOKBACK_THREADS', '3');
    expect((await createBackend({ backend: 'wasm' })).threads).toBe(3);
    vi.stubEnv('LOOKBACK_THREADS', 'many');
    expect((await createBackend({ backend: 'wasm', threads: 1 })).threads).toBe(1);
  });
});
