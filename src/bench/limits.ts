/** The machine's limits, measured: multiply-adds on registers alone, and bytes through memory. */
import { addressOf, getBackend } from '../backends/backend.ts';
import type { Kernels } from '../backends/cpu/kernels.generated.ts';
import { scope, type Tensor, zeros } from '../tensor/index.ts';
import { type Limits, type MeasureOptions, measure } from './measure.ts';

/** Multiply-adds of `rounds` rounds; see kernels/limits.hpp. */
const operationsPerRound = 64 * 192 * 2;
const rounds = 50_000;
/** Elements; 64 MiB each, beyond most caches. */
const elements = 1 << 24;

/** Bytes count as in cpu/cost.ts: adding reads two arrays and writes one, summing reads one. The better of both. */
export function measureLimits(options: MeasureOptions): Limits {
  const backend = getBackend();
  const call = (name: string, cpu: (kernels: Kernels) => number) => backend.run({ name, cpu }, [], [], undefined);
  return scope(() => {
    const [a, b]: Tensor[] = [zeros([elements]), zeros([elements])];
    const [to, from] = [addressOf(a), addressOf(b)];
    const best = (cpu: (kernels: Kernels) => number) => measure(() => call('limit', cpu), options).best;
    const chains = best((kernels) => kernels.multiplyAddLimit(to, rounds));
    const adding = best((kernels) => kernels.addInto(to, from, elements));
    const summing = best((kernels) => kernels.sumSquares(to, from, elements));
    return {
      flops: (operationsPerRound * rounds) / chains,
      bytes: Math.max((12 * elements) / adding, (4 * elements) / summing),
    };
  });
}
