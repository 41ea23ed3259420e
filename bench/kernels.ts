/** Matrix products, in all three transpositions, and the cost of the smallest operation. */
import { add, matmul, normal, Random, scope, sum, type Tensor, transpose, valueAndGrad } from '../src/index.ts';
import { type Figure, measure, rate } from './measure.ts';

function product(m: number, n: number, k: number, layout: 'nn' | 'nt' | 'tn'): () => Figure {
  return () => {
    const random = new Random(1, 'gemm');
    const make = (rows: number, columns: number) => normal([rows, columns], { random });
    const a = layout === 'tn' ? transpose(make(k, m)) : make(m, k);
    const b = layout === 'nt' ? transpose(make(n, k)) : make(k, n);
    const timing = measure(() => scope(() => void matmul(a, b)), { seconds: 1 });
    return rate(`gemm/${m}x${k}x${n}-${layout}`, 'GFLOP/s', (2 * m * n * k) / 1e9, timing);
  };
}

/** One addition on one element, recorded on a tape, without the way back: nanoseconds. */
function smallest(): Figure {
  const x = normal([1], { random: new Random(1, 'x') });
  const count = 1000;
  let inside: { best: number; median: number } = { best: 0, median: 0 };
  const chain = () => {
    let y: Tensor = x;
    for (let i = 0; i < count; i++) y = add(y, x);
    return y;
  };
  valueAndGrad([x], () => {
    inside = measure(() => void scope(chain), { seconds: 1 });
    return sum(add(x, x));
  });
  return { name: 'cost/add-1', unit: 'ns', best: (inside.best / count) * 1e9, median: (inside.median / count) * 1e9 };
}

export const kernels: readonly (() => Figure)[] = [
  ...(['nn', 'nt', 'tn'] as const).flatMap((layout) => [
    product(1024, 1024, 1024, layout),
    product(768, 512, 128, layout),
    product(64, 512, 128, layout),
  ]),
  smallest,
];
