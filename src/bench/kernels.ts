/**
 * Single kernels, each beside the machine's limit: products and attention beside its multiply-adds, norms, losses and
 * updates on arrays larger than its caches beside its memory. And the cost of the smallest operation.
 */
import { recurrentFlops, visiblePairs } from '../backends/cpu/cost.ts';
import { startProfile } from '../backends/profile.ts';
import { adamw, createOptimizer } from '../optim/index.ts';
import { Random } from '../random.ts';
import {
  add,
  attention,
  crossEntropy,
  gru,
  layerNorm,
  lstm,
  matmul,
  normal,
  ones,
  Parameter,
  rmsNorm,
  rnn,
  scope,
  softmax,
  sum,
  type Tensor,
  tensor,
  transpose,
  valueAndGrad,
} from '../tensor/index.ts';
import { type Entry, measure, rate, type Timed } from './measure.ts';
import { gatesOf, type RecurrentShape, recurrentName, recurrentShapes } from './train.ts';

const made = (shape: readonly number[], std = 1) => normal(shape, { random: new Random(1, `bench/${shape}`), std });

/** Work beside the limit it is held to: floating-point operations in GFLOP/s or bytes in GB/s. */
type Amount = { flops: number } | { bytes: number };

/** An entry whose step is made inside a scope, once. */
function entry(name: string, amount: Amount, make: () => Timed): Entry {
  const full = `kernels/${name}`;
  return {
    name: full,
    run: ({ limits, options }) => {
      const timing = scope(() => measure(make(), { ...options, seconds: (options.seconds ?? 2) / 2 }));
      return 'flops' in amount
        ? rate(full, 'GFLOP/s', amount.flops / 1e9, timing, limits.flops / 1e9)
        : rate(full, 'GB/s', amount.bytes / 1e9, timing, limits.bytes / 1e9);
    },
  };
}

/** C[M, N] = A[M, K] B[K, N], with the operand that the letter t names stored the other way. */
function product(m: number, k: number, n: number, layout: 'nn' | 'nt' | 'tn'): Entry {
  return entry(`gemm-${m}x${k}x${n}-${layout}`, { flops: 2 * m * n * k }, () => {
    const a = layout === 'tn' ? transpose(made([k, m])) : made([m, k]);
    const b = layout === 'nt' ? transpose(made([n, k])) : made([k, n]);
    return () => scope(() => void matmul(a, b));
  });
}

/** Seconds that the operations of these names have of a call. */
function secondsOf(names: readonly string[], fn: () => void): number {
  const profiler = startProfile();
  try {
    fn();
  } catch (error) {
    profiler.stop();
    throw error;
  }
  const found = profiler.stop().operations.filter(({ name }) => names.includes(name));
  if (found.length === 0) throw new Error(`no operation is named ${names.join(' or ')}`);
  return found.reduce((sum, { seconds }) => sum + seconds, 0);
}

/** Forward, and the way back alone, as the kernels' own time. */
function both(
  name: string,
  operation: string,
  { forward, backward }: { forward: Amount; backward: Amount },
  make: () => { leaves: Tensor[]; call: () => Tensor },
): Entry[] {
  const back = () => {
    const { leaves, call } = make();
    return () =>
      secondsOf([`${operation}: gradient`, `${operation}Gradient`], () =>
        scope(() => void valueAndGrad(leaves, () => sum(call()))),
      );
  };
  const onward = () => {
    const { call } = make();
    return () => secondsOf([operation], () => scope(() => void call()));
  };
  return [entry(`${name}-forward`, forward, onward), entry(`${name}-backward`, backward, back)];
}

/** Causal attention; only what the mask lets through counts. */
function attended(b: number, h: number, t: number, d: number): Entry[] {
  const flops = 2 * b * h * d * visiblePairs(t, t, true);
  return both(
    `attention-${b}x${h}x${t}x${d}`,
    'attention',
    { forward: { flops: 2 * flops }, backward: { flops: 5 * flops } },
    () => {
      const [q, k, v] = [made([b, h, t, d]), made([b, h, t, d]), made([b, h, t, d])];
      return { leaves: [q, k, v], call: () => attention(q, k, v, { causal: true }) };
    },
  );
}

const kernelOf = { rnn, lstm, gru } as const;

function sequence(shape: RecurrentShape): Entry[] {
  const { kind, inputs, hidden, steps, batch } = shape;
  const gates = gatesOf[kind];
  const flops = recurrentFlops(gates, batch, steps, inputs, hidden);
  return both(recurrentName(shape), kind, { forward: { flops }, backward: { flops: 2 * flops } }, () => {
    const rows = gates * hidden;
    const deviation = 1 / Math.sqrt(hidden);
    const x = made([batch, steps, inputs]);
    const weights = {
      inputWeight: made([rows, inputs], deviation),
      recurrentWeight: made([rows, hidden], deviation),
      inputBias: made([rows], deviation),
      recurrentBias: made([rows], deviation),
    };
    const leaves = [x, ...Object.values(weights)];
    return { leaves, call: () => kernelOf[kind](x, weights).output };
  });
}

/** The plain network is a kernel only: no peer's training is asked for it. */
const plain: RecurrentShape = { kind: 'rnn', inputs: 1, hidden: 128, steps: 48, batch: 64 };

const rows = 16_384;
const columns = 1024;
const block = 4 * rows * columns;
const classes = 4096;

/** Bytes as in cpu/cost.ts, each operand once. */
const inMemory: readonly Entry[] = [
  ...both(
    `layer-norm-${rows}x${columns}`,
    'layerNorm',
    { forward: { bytes: 2 * block }, backward: { bytes: 3 * block } },
    () => {
      const [x, weight, bias] = [made([rows, columns]), ones([columns]), made([columns])];
      return { leaves: [x, weight, bias], call: () => layerNorm(x, weight, bias) };
    },
  ),
  ...both(
    `rms-norm-${rows}x${columns}`,
    'rmsNorm',
    { forward: { bytes: 2 * block }, backward: { bytes: 3 * block } },
    () => {
      const [x, weight] = [made([rows, columns]), ones([columns])];
      return { leaves: [x, weight], call: () => rmsNorm(x, weight) };
    },
  ),
  ...both(
    `softmax-${rows}x${columns}`,
    'softmax',
    { forward: { bytes: 2 * block }, backward: { bytes: 3 * block } },
    () => {
      const x = made([rows, columns]);
      return { leaves: [x], call: () => softmax(x, -1) };
    },
  ),
  ...both(
    `cross-entropy-${rows / 4}x${classes}`,
    'crossEntropy',
    { forward: { bytes: block }, backward: { bytes: 2 * block } },
    () => {
      const logits = made([rows / 4, classes]);
      const targets = tensor(Int32Array.from({ length: rows / 4 }, (_, i) => (i * 7919) % classes));
      return { leaves: [logits], call: () => crossEntropy(logits, targets) };
    },
  ),
  entry(`adamw-${rows * columns}`, { bytes: 7 * block }, () => {
    const optimizer = createOptimizer(adamw({ rate: 1e-3 }), [['p', new Parameter(made([rows, columns]))]]);
    return () => secondsOf(['adamw'], () => void optimizer.step());
  }),
];

/** One addition on one element, recorded on a tape, without the way back: nanoseconds. */
const smallest: Entry = {
  name: 'kernels/add-1-recorded',
  run: ({ options }) => {
    const x = normal([1], { random: new Random(1, 'x') });
    const count = 1000;
    const times: { timing?: ReturnType<typeof measure> } = {};
    const additions = () => {
      let y: Tensor = x;
      for (let i = 0; i < count; i++) y = add(y, x);
      return y;
    };
    valueAndGrad([x], () => {
      times.timing = measure(() => void scope(additions), { ...options, seconds: (options.seconds ?? 2) / 2 });
      return sum(add(x, x));
    });
    const { best, median, quiet } = times.timing ?? { best: Number.NaN, median: Number.NaN, quiet: false };
    const nanoseconds = (seconds: number) => (seconds / count) * 1e9;
    return {
      name: smallest.name,
      unit: 'ns',
      best: nanoseconds(best),
      median: nanoseconds(median),
      limit: null,
      quiet,
    };
  },
};

const layouts = ['nn', 'nt', 'tn'] as const;

export const kernels: readonly Entry[] = [
  ...layouts.map((layout) => product(1024, 1024, 1024, layout)),
  ...layouts.map((layout) => product(2048, 384, 1536, layout)),
  ...layouts.map((layout) => product(768, 128, 512, layout)),
  ...layouts.map((layout) => product(64, 128, 512, layout)),
  ...attended(12, 4, 64, 32),
  ...attended(8, 6, 256, 64),
  ...[...recurrentShapes, plain].flatMap(sequence),
  ...inMemory,
  smallest,
];
