/**
 * Other libraries on the same shapes, as programs of their own in peers/: each prints a line about itself and then one
 * JSON object a figure. Every peer runs at its best: all its variants once, then the best of them again. Node only.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { packageRoot } from '../backends/platform.ts';
import type { PeerFigure } from './measure.ts';

interface Variant {
  threads: number;
  env: Record<string, string | undefined>;
}

export interface Peer {
  name: string;
  topics: readonly string[];
  install: string;
  /** The program and its first arguments, or why it cannot run. */
  command(): readonly string[] | string;
  variants(threads: number): readonly Variant[];
}

const script = (name: string) => join(packageRoot() ?? '.', 'peers', name);

/**
 * OpenBLAS does not always know the processor, so PyTorch runs as it chooses and told to use either of its AVX-512
 * kernels, with threads that wait passively (spinning ones fight over few cores).
 */
const pytorch: Peer = {
  name: 'PyTorch',
  topics: ['train', 'memory', 'contention'],
  install: 'apt-get install python3-torch, or set LOOKBACK_PYTHON to a python3 that has torch',
  command() {
    const candidates = [process.env.LOOKBACK_PYTHON, '/usr/bin/python3', 'python3'].filter(
      (path) => path !== undefined,
    );
    const python = candidates.find((path) => spawnSync(path, ['-c', 'import torch'], { stdio: 'ignore' }).status === 0);
    return python ? [python, script('pytorch.py')] : 'no python3 has torch';
  },
  variants(threads) {
    const kernels = process.arch === 'x64' ? [undefined, 'SkylakeX', 'SapphireRapids'] : [undefined];
    return [...new Set([threads, 1])].flatMap((count) =>
      kernels.map((kernel) => ({
        threads: count,
        env: {
          OMP_WAIT_POLICY: 'passive',
          OMP_NUM_THREADS: String(count),
          OPENBLAS_NUM_THREADS: String(count),
          OPENBLAS_CORETYPE: kernel,
          OPENBLAS_L2_SIZE: undefined,
        },
      })),
    );
  },
};

/** A package of npm's in the folder LOOKBACK_PEERS. */
function npmPeer(name: string, packageName: string, peer: string, install: string): Peer {
  return {
    name,
    topics: ['train'],
    install: `npm install ${install} in a folder, and set LOOKBACK_PEERS to it`,
    command() {
      const folder = process.env.LOOKBACK_PEERS;
      if (!folder) return 'LOOKBACK_PEERS is not set';
      if (!existsSync(join(folder, 'node_modules', packageName))) return `${packageName} is not installed in ${folder}`;
      return [process.execPath, script('npm.mjs'), peer, resolve(folder)];
    },
    variants: (threads) => [{ threads, env: {} }],
  };
}

/** Which peers stand beside a backend: native code beside native code. */
export function peersOf(backend: string): readonly Peer[] {
  if (backend.startsWith('native')) return [pytorch];
  return [
    npmPeer('tfjs', '@tensorflow/tfjs', 'tfjs', '@tensorflow/tfjs @tensorflow/tfjs-backend-wasm'),
    npmPeer('jax-js', '@jax-js/jax', 'jaxjs', '@jax-js/jax'),
  ];
}

type Result = Omit<PeerFigure, 'ratio'> & { variant: Variant };

/** What a peer reached so far, by figure; better variants replace worse ones. */
export class PeerRuns {
  readonly figures = new Map<string, Result>();
  private readonly command: readonly string[] | string;

  constructor(
    private readonly peer: Peer,
    private readonly options: { threads: number; seconds: number; lowerIsBetter: (name: string) => boolean },
  ) {
    this.command = peer.command();
  }

  /** Why it does not run, with how to mend it. */
  get missing(): string | undefined {
    return typeof this.command === 'string' ? `${this.peer.name}: ${this.command} (${this.peer.install})` : undefined;
  }

  /** Runs all variants the first time, then those that hold a best figure, each after `settle`; returns what went wrong. */
  run(names: readonly string[], settle: () => void): string[] {
    const topics = names.filter((name) => this.peer.topics.includes(name.split('/')[0]));
    if (typeof this.command === 'string' || topics.length === 0) return [];
    const first = this.figures.size === 0;
    const problems: string[] = [];
    for (const variant of this.peer.variants(this.options.threads)) {
      const holds = ({ variant: other }: Result) => JSON.stringify(other) === JSON.stringify(variant);
      // One thread loses nothing to another program's core: under contention the question is what all threads keep.
      const asked = topics.filter(
        (name) => !name.startsWith('contention/') || variant.threads === this.options.threads,
      );
      const wanted = first ? asked : asked.filter((name) => holds(this.figures.get(name) ?? ({} as Result)));
      if (wanted.length === 0) continue;
      const [program, ...words] = this.command;
      settle();
      const { stdout, stderr, status } = spawnSync(
        program,
        [...words, String(variant.threads), String(this.options.seconds), ...wanted],
        { encoding: 'utf8', env: { ...process.env, ...variant.env } },
      );
      if (status !== 0) problems.push(`${this.peer.name} with ${variant.threads} threads: ${lastLine(stderr)}`);
      this.read(stdout ?? '', variant, first);
    }
    return problems;
  }

  private read(text: string, variant: Variant, first: boolean): void {
    let version = '';
    for (const line of text.split('\n').filter((one) => one.startsWith('{'))) {
      const found = JSON.parse(line) as { version?: string; name: string; best: number; median: number };
      version = found.version ?? version;
      if (found.version !== undefined) continue;
      const { name, best, median } = found;
      const before = this.figures.get(name);
      const better = this.options.lowerIsBetter(name)
        ? (a: number, b: number) => a < b
        : (a: number, b: number) => a > b;
      const next: Result = { name: this.peer.name, version, threads: variant.threads, best, median, variant };
      if (!before || (first && better(median, before.median))) this.figures.set(name, next);
      else if (!first) {
        const bests = better(best, before.best) ? best : before.best;
        this.figures.set(name, { ...before, best: bests, median: (median + before.median) / 2 });
      }
    }
  }
}

function lastLine(text: string | null): string {
  return text?.trim().split('\n').at(-1) || 'it failed';
}
