/**
 * The package as others get it: packed, laid into a consumer's node_modules without running a script, and used from
 * plain Node. No network: the dependencies are links to those of the checkout.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const consumer = mkdtempSync(join(tmpdir(), 'lookback-packaging-'));
const installed = join(consumer, 'node_modules', 'lookback');
let packed: string[] = [];

/** Runs a program in the consumer's folder, without settings of ours, and returns what it printed. */
function run(command: string, words: readonly string[], cwd = consumer): string {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(LOOKBACK|LD_PRELOAD)/.test(name)));
  const { status, stdout, stderr, error } = spawnSync(command, words, { cwd, env, encoding: 'utf8' });
  if (error || status !== 0) throw new Error(`${command} ${words.join(' ')}: ${error?.message ?? stdout + stderr}`);
  return stdout;
}

function doctor(): { backend: string; tried: string[] } {
  return JSON.parse(run(process.execPath, [join(installed, 'bin', 'lookback.mjs'), 'doctor', '--json']));
}

describe.skipIf(!existsSync(join(root, 'dist', 'cli.js')))('the package (needs dist/: node scripts/setup.mjs)', () => {
  beforeAll(() => {
    const [{ filename, files }] = JSON.parse(
      run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', consumer], root),
    ) as [{ filename: string; files: { path: string }[] }];
    packed = files.map(({ path }) => path);
    mkdirSync(installed, { recursive: true });
    run('tar', ['-xzf', filename, '--strip-components=1', '-C', installed]);
    writeFileSync(join(consumer, 'package.json'), '{ "type": "module" }');
    const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    for (const name of Object.keys(dependencies)) {
      const link = join(consumer, 'node_modules', name);
      mkdirSync(dirname(link), { recursive: true });
      symlinkSync(join(root, 'node_modules', name), link);
    }
  }, 30_000);

  afterAll(() => rmSync(consumer, { recursive: true, force: true }));

  it('holds what it needs to run and to build the addon, and nothing of the workshop', () => {
    expect(packed).toEqual(
      expect.arrayContaining([
        ...['LICENSE', 'README.md', 'package.json', 'bin/lookback.mjs', 'dist/index.js', 'dist/node.js', 'dist/cli.js'],
        'dist/textWorker.js',
        ...['kernels/native.cpp', 'kernels/kernels.table', 'scripts/build-native.mjs', 'docs/recipe.schema.json'],
        ...['kernels/prebuilt/lookback-relaxed.wasm.gz', 'kernels/prebuilt/lookback-simd128.wasm.gz'],
        'recipes/airline-lstm.yaml',
      ]),
    );
    expect(packed.filter((path) => /^(src|tests|examples|bench|build|runs)\/|\.test\.|\.node$/.test(path))).toEqual([]);
  });

  it('computes when imported from plain Node', () => {
    const program =
      "import { tensor } from 'lookback'; console.log([...tensor([1, 2]).add(1).mul(2).dataSync()].join())";
    expect(run(process.execPath, ['--input-type=module', '-e', program])).toBe('4,6\n');
  });

  it('starts its threads for text, which give what one thread gives', () => {
    writeFileSync(join(consumer, 'text.txt'), 'the cat sat on the mat, the dog did not\n--\n'.repeat(3000));
    const program = `
      import { createHash } from 'node:crypto';
      import { readdirSync, readFileSync } from 'node:fs';
      import { ByteTokenizer } from 'lookback';
      import { prepareShards, trainFiles } from 'lookback/node';
      let started = 0;
      process.on('worker', () => started++);
      const results = [];
      for (const threads of [1, 2]) {
        const { tokenizer } = await trainFiles(['text.txt'], { vocabulary: 270, threads, partBytes: 4096 });
        const out = 'shards-' + threads;
        await prepareShards(['text.txt'], out, tokenizer, { threads, separator: '--', validation: 0.5 });
        const hash = createHash('sha256');
        for (const name of readdirSync(out).sort()) hash.update(readFileSync(out + '/' + name));
        results.push({ started, hash: hash.digest('hex') });
      }
      console.log(JSON.stringify(results));
      process.exit(0);`;
    const [one, two] = JSON.parse(run(process.execPath, ['--input-type=module', '-e', program]));
    // A second thread is started only when the first has answered: two of them for each piece of work.
    expect([one.started, two.started]).toEqual([0, 4]);
    expect(two.hash).toBe(one.hash);
  }, 30_000);

  it('serves by WebAssembly when no script ran, and doctor says how to build the addon', () => {
    const { backend, tried } = doctor();
    expect(backend).toMatch(/^wasm-/);
    expect(tried.join('\n')).toContain('lookback doctor --build');
  });

  it.skipIf(!existsSync(join(root, 'build', 'native', 'lookback-cpu.node')))(
    'takes the addon from the package of its platform (needs the addon built)',
    () => {
      run(process.execPath, [join(root, 'scripts', 'build-platform-package.mjs')]);
      const platform = `${process.platform}-${process.arch}`;
      const folder = join(root, 'build', 'platform', `lookback-${platform}`);
      const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
      const { name, ...manifest } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
      expect(name).toBe(`@lookback/${platform}`);
      expect(manifest).toMatchObject({ version, os: [process.platform], cpu: [process.arch] });
      const link = join(consumer, 'node_modules', name);
      mkdirSync(dirname(link), { recursive: true });
      symlinkSync(folder, link);
      const { backend, tried } = doctor();
      expect(backend).toMatch(/^native-/);
      expect(tried.join('\n')).toContain(`loaded from ${folder}`);
    },
    30_000,
  );

  it.skipIf(!existsSync(join(root, 'dist', 'index.d.ts')))(
    'has types that a strict consumer can check (needs npm run build)',
    () => {
      const program = [
        "import { Linear, LSTM, Random, tensor, type Tensor, valueAndGrad } from 'lookback';",
        "import { type RunOutcome, run } from 'lookback/node';",
        'export const result: Tensor = tensor([1, 2]).add(1).exp();',
        '// @ts-expect-error: no such method',
        'tensor([1]).nonsense();',
        'export const parts = [Linear, LSTM, Random, valueAndGrad];',
        "export const outcome: Promise<RunOutcome> = run({ task: 'language', data: { source: 'x' }, model: { kind: 'gpt' } });",
      ];
      writeFileSync(join(consumer, 'use.ts'), program.join('\n'));
      const flags = '--noEmit --strict --target es2022 --lib es2023,dom,esnext.disposable --module nodenext use.ts';
      run(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), ...flags.split(' ')]);
    },
    60_000,
  );
});
