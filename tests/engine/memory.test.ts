/** A training step takes nothing from the machine once the first few are done: no block, no byte, no tensor more. */
import { describe, expect, it } from 'vitest';
import { type Backend, withBackend } from '../../src/backends/backend.ts';
import { CpuBackend } from '../../src/backends/cpu/cpu.ts';
import { memory } from '../../src/index.ts';
import { GPT } from '../../src/models/index.ts';
import { adamw, chain, clipByGlobalNorm, createOptimizer } from '../../src/optim/index.ts';
import { Random } from '../../src/random.ts';
import * as L from '../../src/tensor/index.ts';
import { availableBackends } from '../backends.ts';

/** Training with everything that holds memory: attention, dropout, clipping, accumulation, a checkpoint. */
function train(backend: Backend, steps: number, each: (step: number) => void): void {
  withBackend(backend, () => {
    const config = { vocabulary: 31, context: 16, layers: 2, heads: 2, width: 32, dropout: 0.1 };
    const model = new GPT(config, { random: new Random(1) });
    const optimizer = createOptimizer(chain(clipByGlobalNorm(1), adamw({ rate: 1e-3 })), model);
    const data = new Random(2);
    for (let step = 0; step < steps; step++) {
      L.scope(() => {
        for (let part = 0; part < 2; part++) {
          const ids = () =>
            L.tensor(
              Int32Array.from({ length: 64 }, () => data.integer(31)),
              { shape: [4, 16] },
            );
          const [x, y] = [ids(), ids()];
          L.valueAndGrad(model, () => {
            const hidden = model.hidden(x, { random: new Random(step, 'dropout') });
            return L.crossEntropy(
              L.checkpoint((h) => model.head.forward(h), hidden),
              y,
            );
          });
          optimizer.accumulate(0.5);
        }
        optimizer.step();
      });
      each(step);
    }
    optimizer.dispose();
    for (const [, parameter] of model.namedParameters()) parameter.dispose();
  });
}

describe.each((await availableBackends()).filter(({ backend }) => backend instanceof CpuBackend))(
  'memory of training on $name',
  ({ backend }) => {
    it('is flat after the first steps', () => {
      const reports: ReturnType<typeof memory>[] = [];
      train(backend, 30, () => void reports.push(memory()));
      expect(reports[0].allocations).toBeGreaterThan(0);
      for (const report of reports.slice(4)) expect(report).toEqual(reports[4]);
    });

    it('all comes back in the end', () => {
      const { inUse, storages } = backend.memory();
      train(backend, 1, () => undefined);
      expect(backend.memory()).toMatchObject({ inUse, storages });
    });
  },
);
