/**
 * Where the time goes: seconds, floating-point operations and bytes of each operation, and the share of the time that no
 * kernel had.
 *
 *   const profiler = startProfile();
 *   for (let step = 0; step < 100; step++) trainStep();
 *   const { operations, kernelShare } = profiler.stop();
 *
 * A profiler puts a `run` of its own in front of one backend's and takes it away again, so a program without one pays
 * nothing. It measures the calling thread: what the kernels' threads do together counts once, as the time of the call.
 */
import { LookbackError } from '../errors.ts';
import { type Backend, bytesPerElement, getBackend, type Implementation, type View } from './backend.ts';
import { type Cost, kernelCosts } from './cpu/cost.ts';
import { CpuBackend } from './cpu/cpu.ts';
import { type Kernels, kernelNames } from './cpu/kernels.generated.ts';

/** What one operation took altogether. */
export interface OperationProfile {
  /** As in docs/operations.md; `NAME: gradient` is its way back. */
  name: string;
  calls: number;
  /** In its kernels. */
  seconds: number;
  /** A multiply-add counts 2 (see cpu/cost.ts). */
  flops: number;
  /** Read and written at least. */
  bytes: number;
}

export interface Profile {
  backend: string;
  threads: number;
  /** From start to stop. */
  seconds: number;
  /** Of `seconds`, what was spent in kernels; the rest is shapes, tape, data, files and waiting. */
  kernelSeconds: number;
  kernelShare: number;
  /** Longest first. */
  operations: OperationProfile[];
}

export interface Profiler {
  /** Ends the profile; the backend is as it was. */
  stop(): Profile;
}

const profiled = new WeakSet<Backend>();

/** Starts measuring what `backend` runs. @throws LookbackError BAD_ARGUMENT while another profiler measures it. */
export function startProfile(backend: Backend = getBackend()): Profiler {
  if (profiled.has(backend)) {
    throw new LookbackError('BAD_ARGUMENT', {
      where: 'startProfile',
      problem: 'another profiler measures this backend',
      next: 'Stop that one first',
    });
  }
  profiled.add(backend);
  const entries = new Map<string, OperationProfile>();
  const unnamed: OperationProfile = { name: '', calls: 0, seconds: 0, flops: 0, bytes: 0 };
  let entry = unnamed;
  let views: readonly View[] = [];
  const finished = (started: number, cost: Cost | undefined) => {
    entry.seconds += (performance.now() - started) / 1000;
    entry.flops += cost?.flops ?? 0;
    entry.bytes += cost ? cost.bytes : views.reduce((sum, view) => sum + view.size * bytesPerElement[view.dtype], 0);
  };
  const kernels = backend instanceof CpuBackend ? watched(backend.module.kernels, finished) : undefined;
  const inner = backend.run;
  backend.run = <Attributes>(
    operation: Implementation<Attributes>,
    inputs: readonly View[],
    outputs: readonly View[],
    attributes: Attributes,
  ) => {
    const outer = entry;
    const found = entries.get(operation.name) ?? { ...unnamed, name: operation.name };
    if (found.calls === 0) entries.set(operation.name, found);
    found.calls++;
    entry = found;
    views = [...inputs, ...outputs];
    const started = performance.now();
    try {
      const { name, reference, cpu } = operation;
      const counted: typeof cpu = kernels && cpu ? (_, i, o, a) => cpu(kernels, i, o, a) : cpu;
      inner.call(backend, { name, reference, cpu: counted } as Implementation<unknown>, inputs, outputs, attributes);
    } finally {
      if (!kernels) finished(started, undefined);
      entry = outer;
    }
  };
  const began = performance.now();
  return {
    stop() {
      const seconds = (performance.now() - began) / 1000;
      if (profiled.delete(backend)) Reflect.deleteProperty(backend, 'run');
      const operations = [...entries.values()].sort((a, b) => b.seconds - a.seconds);
      const kernelSeconds = operations.reduce((sum, one) => sum + one.seconds, 0);
      const kernelShare = seconds > 0 ? kernelSeconds / seconds : 0;
      return { backend: backend.name, threads: backend.threads, seconds, kernelSeconds, kernelShare, operations };
    },
  };
}

/** The table with a clock around each kernel. */
function watched(kernels: Kernels, finished: (started: number, cost: Cost | undefined) => void): Kernels {
  const around = (name: keyof Kernels) => {
    const kernel = kernels[name] as (...given: number[]) => number;
    const cost = kernelCosts[name] as ((...given: number[]) => Cost) | undefined;
    return (...given: number[]) => {
      const started = performance.now();
      const status = kernel(...given);
      finished(started, cost?.(...given));
      return status;
    };
  };
  return Object.fromEntries(kernelNames.map((name) => [name, around(name)])) as unknown as Kernels;
}
