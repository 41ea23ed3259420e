/** `lookback bench`: the chosen topics, with peers in turn, as figures. Node only. */
import { spawnSync } from 'node:child_process';
import { getBackend } from '../backends/backend.ts';
import { LookbackError } from '../errors.ts';
import { contention } from './contention.node.ts';
import { kernels } from './kernels.ts';
import { measureLimits } from './limits.ts';
import { othersLoad } from './load.node.ts';
import { type Bench, type Entry, either, type Figure, type Limits } from './measure.ts';
import { Neighbours } from './neighbours.ts';
import { PeerRuns, peersOf } from './peers.node.ts';
import { gptShapes, train } from './train.ts';

/** Runs in a process of its own, by asking the command for it. */
const memory: readonly Entry[] = Object.keys(gptShapes).map((name) => ({
  name: `memory/${name}`,
  run: () => {
    const [figure] = memoryInProcess(name);
    return figure;
  },
}));

/** Resident peak and pool of a shape, from this very command in another process. */
export function memoryInProcess(name: string): Figure[] {
  const words = [...process.execArgv, process.argv[1], 'bench', '--inside', name, '--backend', getBackend().name];
  const { stdout, stderr, status } = spawnSync(process.execPath, words, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the process that measures memory failed: ${stderr.trim()}`);
  return JSON.parse(stdout) as Figure[];
}

export const topics = { kernels, train, memory, contention } as const;
export type Topic = keyof typeof topics;

export interface BenchRequest {
  topics: readonly Topic[];
  /** Only entries whose names contain one of these; all without. */
  names?: readonly string[];
  peers?: boolean;
  /** Of timing, for each figure and round. */
  seconds?: number;
  /** Seconds to wait at most for quiet neighbours before each figure. */
  patience?: number;
}

/** What is told while it goes on. */
export interface BenchObserver {
  limits?(limits: Limits): void;
  started?(name: string, done: number, of: number): void;
  figure?(figure: Figure): void;
  /** A peer that is missing or failed. */
  note?(text: string): void;
}

/** Less is better where memory is counted. */
export const lowerIsBetter = (name: string) => name.startsWith('memory/');

/** What the topics measure, narrowed to names that contain one of `parts`. */
function chosenEntries(chosen: readonly Topic[], parts: readonly string[]): readonly Entry[] {
  const entries = chosen.flatMap((topic): readonly Entry[] => topics[topic]);
  if (parts.length === 0) return entries;
  const unmatched = parts.find((part) => !entries.some(({ name }) => name.includes(part)));
  if (unmatched !== undefined) {
    throw new LookbackError('USAGE', {
      where: 'lookback bench --only',
      expected: `a part of a name among ${entries.map(({ name }) => name).join(', ')}`,
      got: JSON.stringify(unmatched),
    });
  }
  return entries.filter(({ name }) => parts.some((part) => name.includes(part)));
}

/**
 * Measures; with peers ours and theirs take turns twice, and each figure comes after the last round.
 *
 * @throws LookbackError USAGE for a name that no figure of the topics contains.
 */
export function bench(
  { topics: chosen, names = [], peers = false, seconds = 2, patience = 0 }: BenchRequest,
  observer: BenchObserver = {},
): Figure[] {
  const neighbours = new Neighbours(getBackend().threads);
  const options = { seconds, meter: either(othersLoad, neighbours.meter) };
  const entries = chosenEntries(chosen, names);
  const limited = chosen.some((topic) => topic === 'kernels' || topic === 'train');
  const limits = limited
    ? measureLimits({ ...options, seconds: Math.min(1, seconds) })
    : { flops: Number.NaN, bytes: Number.NaN };
  if (limited) observer.limits?.(limits);
  const context: Bench = { limits, options };
  const run = (tell: boolean) =>
    entries.map((entry, i) => {
      observer.started?.(entry.name, i, entries.length);
      neighbours.settle(patience);
      const figure = entry.run(context);
      if (tell) observer.figure?.(figure);
      return figure;
    });
  if (!peers) return run(true);
  const backend = getBackend();
  const rivals = peersOf(backend.name).map(
    (peer) => new PeerRuns(peer, { threads: backend.threads, seconds, lowerIsBetter }),
  );
  for (const { missing } of rivals) if (missing) observer.note?.(missing);
  const theirs = () => {
    for (const rival of rivals) {
      observer.started?.('peers', entries.length, entries.length);
      const settle = () => neighbours.settle(patience);
      for (const problem of rival.run(
        entries.map(({ name }) => name),
        settle,
      ))
        observer.note?.(problem);
    }
  };
  const first = run(false);
  theirs();
  const second = run(false);
  theirs();
  const figures = first.map((figure, i) => beside(joined(figure, second[i]), rivals));
  for (const figure of figures) observer.figure?.(figure);
  return figures;
}

/** Two rounds as one figure. */
function joined(a: Figure, b: Figure): Figure {
  const best = lowerIsBetter(a.name) ? Math.min(a.best, b.best) : Math.max(a.best, b.best);
  return { ...a, best, median: (a.median + b.median) / 2, quiet: a.quiet || b.quiet };
}

/** The figure with the best peer's. */
function beside(figure: Figure, rivals: readonly PeerRuns[]): Figure {
  const found = rivals
    .flatMap((rival) => rival.figures.get(figure.name) ?? [])
    .sort((a, b) => (lowerIsBetter(figure.name) ? a.median - b.median : b.median - a.median));
  if (found.length === 0) return figure;
  const [{ name, version, threads, best, median }] = found;
  return { ...figure, peer: { name, version, threads, best, median, ratio: figure.median / median } };
}
