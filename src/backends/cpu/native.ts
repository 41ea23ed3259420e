/**
 * Loads the native addon, in Node: from LOOKBACK_NATIVE (a folder) if set, else a per-platform package if one is
 * installed, else what was built here.
 *
 * Each instruction set is a shared object of its own, for a linker merges the templates of several and would
 * run AVX-512 code on machines that lack it. Which one fits is asked of a tiny addon built without any.
 */

import { builtin, defaultThreads, environment, node, packageRoot } from '../platform.ts';
import type { KernelModule } from './cpu.ts';
import { type Kernels, kernelAbi } from './kernels.generated.ts';

/** Instruction sets there are addons for, widest first. */
export const instructionSets = ['avx512', 'avx2', 'neon', 'baseline'] as const;
export type InstructionSet = (typeof instructionSets)[number];

/** What the addon exports beside the kernels. */
interface Addon extends Kernels {
  abi(): number;
  fused(): number;
  allocate(bytes: number): number;
  release(address: number, bytes: number): void;
  read(target: ArrayBufferView, byteOffset: number, byteLength: number, address: number): void;
  write(address: number, source: ArrayBufferView, byteOffset: number, byteLength: number): void;
}

/** The outcome of an attempt, with what was tried for `lookback doctor`. */
export interface LoadResult {
  module?: KernelModule;
  tried: string[];
}

/** Loads the widest addon this machine runs, or only `wanted`. Never throws: reasons are in `tried`. */
export function loadNative({
  wanted,
  threads = defaultThreads(),
}: {
  wanted?: InstructionSet;
  threads?: number;
} = {}): LoadResult {
  const tried: string[] = [];
  const nodeModule = builtin<typeof import('node:module')>('node:module');
  const path = builtin<typeof import('node:path')>('node:path');
  const fs = builtin<typeof import('node:fs')>('node:fs');
  const root = packageRoot();
  if (!nodeModule || !path || !fs || !node) return { tried: ['native: this is not Node 20.16 or newer'] };
  const require = nodeModule.createRequire(import.meta.url);
  const folders: string[] = [];
  const given = environment('LOOKBACK_NATIVE');
  if (given) folders.push(path.resolve(given));
  const packageName = `@lookback/${node.platform}-${node.arch}`;
  try {
    folders.push(path.dirname(require.resolve(`${packageName}/package.json`)));
  } catch {
    tried.push(`native: package ${packageName} is not installed`);
  }
  if (root) folders.push(path.join(root, 'build', 'native'));
  for (const folder of folders) {
    const probe = path.join(folder, 'lookback-cpu.node');
    if (!fs.existsSync(probe)) {
      tried.push(`native: nothing built in ${folder} (run \`lookback doctor --build\`)`);
      continue;
    }
    try {
      const { features } = require(probe) as { features(): Record<string, boolean> };
      const has = features();
      const usable = {
        avx512: has.avx512f && has.avx512dq && has.avx512bw && has.avx512vl && has.fma,
        avx2: has.avx2 && has.fma,
        neon: node.arch === 'arm64',
        // Plain x64 cannot fuse; relaxed WebAssembly cannot on such a machine either.
        baseline: node.arch === 'x64',
      } satisfies Record<InstructionSet, boolean>;
      for (const set of instructionSets) {
        if (wanted && set !== wanted) continue;
        if (!usable[set]) {
          tried.push(`native-${set}: this processor lacks it`);
          continue;
        }
        const file = path.join(folder, `lookback-${set}.node`);
        if (!fs.existsSync(file)) {
          tried.push(`native-${set}: not built in ${folder} (run \`lookback doctor --build\`)`);
          continue;
        }
        const addon = require(file) as Addon;
        if (addon.abi() !== kernelAbi) {
          tried.push(`native-${set}: ${folder} was built from other kernels (run \`lookback doctor --build\`)`);
          continue;
        }
        tried.push(`native-${set}: loaded from ${folder}`);
        return { module: wrap(set, addon, threads), tried };
      }
    } catch (error) {
      tried.push(`native: ${folder} could not be loaded: ${(error as Error).message.split('\n')[0]}`);
    }
  }
  return { tried };
}

function wrap(set: InstructionSet, addon: Addon, threads: number): KernelModule {
  addon.threadsStart(threads);
  return {
    name: `native-${set}`,
    kernels: addon,
    fused: Boolean(addon.fused()),
    threads: () => addon.threadsCount(),
    allocate: (bytes) => addon.allocate(bytes),
    release: (address, bytes) => addon.release(address, bytes),
    read: (target, address) => addon.read(target, 0, target.byteLength, address),
    write: (address, source) => addon.write(address, source, 0, source.byteLength),
    close: () => {
      addon.threadsStart(1);
    },
  };
}
