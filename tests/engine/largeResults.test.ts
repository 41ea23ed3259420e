/**
 * Results from 32 MiB on are stored past the caches: the same bits as the same rows alone, which are not. Several
 * backends' bits on small arrays are compared elsewhere.
 */
import { describe, expect, it } from 'vitest';
import { setBackend } from '../../src/backends/backend.ts';
import { Random } from '../../src/random.ts';
import * as L from '../../src/tensor/index.ts';
import { availableBackends } from '../backends.ts';

const rows = 8192;
const columns = 1024;
/** The first rows, some in the middle of a chunk, and the last. */
const places = [0, 5003, rows - 7];
const few = 7;

/** No two rows that are compared hold the same: the period is not a multiple of a row. */
const values = (() => {
  const some = new Random(1, 'x').fillNormal(new Float32Array(65_537));
  return Float32Array.from({ length: rows * columns }, (_, i) => some[i % some.length]);
})();

type Tensor = L.Tensor;
const row = () => L.normal([columns], { random: new Random(3, 'row') });
const operations: Record<string, (x: Tensor, targets: Tensor) => Tensor> = {
  add: (x) => L.add(x, row()),
  exp: (x) => L.exp(x),
  softmax: (x) => L.softmax(x, -1),
  logSoftmax: (x) => L.logSoftmax(x, -1),
  layerNorm: (x) => L.layerNorm(x, row(), row()),
  rmsNorm: (x) => L.rmsNorm(x, row()),
  crossEntropy: (x, targets) => L.crossEntropy(x, targets, { reduction: 'none' }),
};

describe.each((await availableBackends()).filter(({ name }) => name.startsWith('native')))('$name', ({ backend }) => {
  it.each(Object.keys(operations))('%s and its gradient', (name) => {
    const before = setBackend(backend);
    try {
      L.scope(() => {
        const x = L.tensor(values, { shape: [rows, columns] });
        const targets = L.tensor(Int32Array.from({ length: rows }, (_, i) => (i * 7919) % columns));
        const both = (x: Tensor, targets: Tensor) => {
          const weigh = (y: Tensor) => (y.rank === 1 ? y : L.multiply(y, row()));
          const y = operations[name](x, targets);
          const { grads } = L.valueAndGrad([x], () => L.sum(weigh(operations[name](x, targets))));
          return [y, grads.get('0') as Tensor];
        };
        const large = both(x, targets);
        for (const place of places) {
          const cut = (t: Tensor) => L.slice(t, 0, place, place + few);
          const small = both(L.contiguous(cut(x)), L.contiguous(cut(targets)));
          for (const [i, alone] of small.entries()) {
            expect(Buffer.from(cut(large[i]).dataSync().buffer).equals(Buffer.from(alone.dataSync().buffer))).toBe(
              true,
            );
          }
        }
      });
    } finally {
      setBackend(before);
    }
  });
});
