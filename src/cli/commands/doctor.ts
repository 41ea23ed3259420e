/** `lookback doctor`: what loaded, why the others did not, and how to mend it. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { examineBackends } from '../../backends/init.ts';
import { packageRoot } from '../../backends/platform.ts';
import { cacheFolder } from '../../data/node.ts';
import { LookbackError } from '../../errors.ts';
import { table } from '../terminal/table.ts';
import { colours, type Terminal } from '../terminal/terminal.ts';

interface DoctorOptions {
  build?: boolean;
  json?: boolean;
}

export function register(program: Command, terminal: Terminal): void {
  program
    .command('doctor')
    .description('show which backend serves and why the others do not')
    .option('--build', 'build the native addon for this machine, then look')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  lookback doctor --build')
    .action((options: DoctorOptions) => doctor(options, terminal));
}

async function doctor({ build, json }: DoctorOptions, terminal: Terminal): Promise<void> {
  if (build) buildNative();
  const { chosen, threads, fused, tried } = await examineBackends();
  const facts = {
    backend: chosen,
    threads,
    fusedMultiplyAdd: fused,
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
    LOOKBACK_BACKEND: process.env.LOOKBACK_BACKEND ?? null,
    LOOKBACK_DATA: process.env.LOOKBACK_DATA ?? null,
    cache: cacheFolder(),
  };
  if (json) {
    terminal.write(`${JSON.stringify({ ...facts, tried })}\n`);
    return;
  }
  const ink = colours(terminal.colour);
  terminal.write(`${ink.bold(chosen)} serves, on ${threads} thread${threads === 1 ? '' : 's'}.\n`);
  terminal.write(
    fused
      ? 'Multiply-add fuses: results are the same bits as on every other such machine and browser.\n'
      : 'Multiply-add does not fuse here: results agree with other machines to tolerance only.\n',
  );
  terminal.write(`\n${tried.map((line) => `  ${line}\n`).join('')}\n`);
  const rows = Object.entries(facts).map(([name, value]) => [name, String(value ?? '—')]);
  terminal.write(table({ columns: ['', ''], rows: rows.slice(3), colour: terminal.colour }));
}

function buildNative(): void {
  const root = packageRoot();
  const script = root && join(root, 'scripts', 'build-native.mjs');
  if (!script || !existsSync(script)) {
    throw new LookbackError('FILE_NOT_FOUND', {
      where: 'doctor --build',
      problem: 'the kernel sources are not part of this installation',
      next: 'Install the package lookback anew',
    });
  }
  const { status } = spawnSync(process.execPath, [script, '--force'], { stdio: 'inherit' });
  if (status !== 0) {
    throw new LookbackError('BACKEND_UNAVAILABLE', {
      where: 'doctor --build',
      problem: 'the native addon could not be built',
      next: 'Install a C++ compiler (g++ or clang++), or go on with WebAssembly',
    });
  }
}
