/**
 * Every family of layers, forward and (where rows stay apart) the gradient of its input: what comes of a row does not
 * depend on what else is in the batch nor on where it stands there, bit for bit, for 1, 2 and 3 threads; and the bits are
 * those of every other backend that fuses. invariance.test.ts has the matrix products and attention over more shapes.
 */
import { describe, expect, it } from 'vitest';
import { type Backend, setBackend } from '../../src/backends/backend.ts';
import { CpuBackend } from '../../src/backends/cpu/cpu.ts';
import { createBackend } from '../../src/backends/init.ts';
import { Forecaster, GPT, RecurrentLanguageModel } from '../../src/models/index.ts';
import {
  Conv1d,
  GRU,
  LayerNorm,
  LearnedPositions,
  Linear,
  LSTM,
  MLP,
  MultiHeadAttention,
  RMSNorm,
  RNN,
  Rotary,
  TransformerBlock,
} from '../../src/nn/index.ts';
import { Random } from '../../src/random.ts';
import * as L from '../../src/tensor/index.ts';
import { availableBackends } from '../backends.ts';

type Tensor = L.Tensor;

/** The bits as text, which compares fast. */
const bits = (values: ArrayLike<number>): string => Buffer.from(Float32Array.from(values).buffer).toString('base64');
/** Of each row [b, …]. */
const rowsOf = (x: Tensor): string[] => {
  const [count] = x.shape;
  const values = x.dataSync();
  return Array.from({ length: count }, (_, b) =>
    bits(values.slice((b * values.length) / count, ((b + 1) * values.length) / count)),
  );
};

/** Rows; more than one chunk of the recurrent kernels, and no multiple of anything. */
const B = 19;
const T = 37;
const lengths = Array.from({ length: B }, (_, b) => (b * 11) % (T + 1));

/** A layer as a function of rows of x [B, T, C]; `rows` says which rows of the whole batch they are. */
interface Family {
  width: number;
  steps?: number;
  make(random: Random): (x: Tensor, rows: readonly number[]) => Tensor | Tensor[];
}

const heads = (x: Tensor, count: number) =>
  L.transpose(L.reshape(x, [x.shape[0], x.shape[1], count, x.shape[2] / count]), 1, 2);
const recurrent = (
  Net: typeof RNN | typeof GRU | typeof LSTM,
  { padded = false, bidirectional = false, hidden = 33 } = {},
): Family => ({
  width: 5,
  make: (random) => {
    const net = new Net(5, hidden, { random, layers: 2, bidirectional });
    return (x, rows) => {
      const { output, state } = net.forward(x, { lengths: padded ? rows.map((row) => lengths[row]) : undefined });
      return [output, ...state.flatMap((one) => [one.hidden, ...(one.cell ? [one.cell] : [])])];
    };
  },
});
const attention = (options: { window?: number; alibi?: boolean; kvHeads?: number; rotary?: Rotary }): Family => ({
  width: 24,
  steps: 70,
  make: (random) => {
    const layer = new MultiHeadAttention(24, { random, heads: 4, causal: true, ...options });
    return (x) => layer.forward(x);
  },
});
const layer = (width: number, make: (random: Random) => { forward(x: Tensor): Tensor }): Family => ({
  width,
  make: (random) => {
    const made = make(random);
    return (x) => made.forward(x);
  },
});
const forecaster = (kind: 'rnn' | 'lstm' | 'gru' | 'transformer' | 'linear'): Family => ({
  width: 2,
  make: (random) => {
    const shape = { lookback: T, horizon: 5, features: 2, targets: 1, hidden: 20, layers: 2 };
    const model = new Forecaster({ kind, ...shape }, { random }).eval();
    return (x) => model.forward(x);
  },
});

const families: Record<string, Family> = {
  linear: layer(67, (random) => new Linear(67, 45, { random, activation: 'gelu' })),
  'linear, K over a block of sums': layer(1031, (random) => new Linear(1031, 3, { random })),
  'linear, bf16': layer(67, (random) => new Linear(67, 130, { random }).storeWeights('bf16')),
  'mlp, swiglu': layer(24, (random) => new MLP(24, { random, kind: 'swiglu' })),
  attention: attention({}),
  'attention, 2 key heads': attention({ kvHeads: 2 }),
  'attention, sliding window': attention({ window: 9 }),
  'attention, ALiBi': attention({ alibi: true }),
  'attention, window, ALiBi, 1 key head': attention({ window: 33, alibi: true, kvHeads: 1 }),
  'attention, rotary': attention({ rotary: new Rotary(6) }),
  'attention with a mask of keys': {
    width: 24,
    make: () => (x, rows) => {
      const seen = rows.map((row) => Math.max(1, lengths[row]));
      const mask = Uint8Array.from({ length: rows.length * T }, (_, i) => (i % T < seen[Math.floor(i / T)] ? 1 : 0));
      const [q, k, v] = L.split(x, 3, 2).map((part) => heads(part, 2));
      return L.attention(q, k, v, { mask: L.tensor(mask, { shape: [rows.length, T] }) });
    },
  },
  block: layer(24, (random) => new TransformerBlock(24, { random, heads: 3, causal: true })),
  rnn: recurrent(RNN),
  gru: recurrent(GRU),
  lstm: recurrent(LSTM),
  'lstm, wide': recurrent(LSTM, { hidden: 140 }),
  'rnn, padded': recurrent(RNN, { padded: true }),
  'gru, padded': recurrent(GRU, { padded: true }),
  'lstm, padded': recurrent(LSTM, { padded: true }),
  'rnn, padded both ways': recurrent(RNN, { padded: true, bidirectional: true }),
  'gru, padded both ways': recurrent(GRU, { padded: true, bidirectional: true }),
  'lstm, padded both ways': recurrent(LSTM, { padded: true, bidirectional: true }),
  conv: layer(11, (random) => new Conv1d(11, 19, 5, { random, dilation: 2 })),
  'conv, strided': layer(11, (random) => new Conv1d(11, 6, 4, { random, stride: 3, padding: 'valid' })),
  'conv, depthwise': layer(19, (random) => new Conv1d(19, 19, 4, { random, depthwise: true })),
  'layer norm': layer(83, () => new LayerNorm(83)),
  'rms norm': layer(83, () => new RMSNorm(83)),
  'learned positions': layer(8, (random) => new LearnedPositions(T, 8, { random })),
  softmax: layer(67, () => ({ forward: (x) => L.softmax(x, -1) })),
  'log-sum-exp': layer(67, () => ({ forward: (x) => L.logSumExp(x, -1) })),
  'mean over time': layer(67, () => ({ forward: (x) => L.mean(x, 1) })),
  'variance of a row': layer(7, () => ({ forward: (x) => L.variance(x, [1, 2]) })),
  'cumulative sum': layer(5, () => ({ forward: (x) => L.cumulativeSum(x, 1) })),
  'cross-entropy of each step': {
    width: 67,
    make: () => (x, rows) => {
      const targets = Int32Array.from(
        { length: rows.length * T },
        (_, i) => (rows[Math.floor(i / T)] * 7 + (i % T)) % 67,
      );
      const at = L.tensor(targets, { shape: [rows.length, T] });
      return L.crossEntropy(x, at, { reduction: 'none', labelSmoothing: 0.1 });
    },
  },
  ...Object.fromEntries(
    (['rnn', 'lstm', 'gru', 'transformer', 'linear'] as const).map((kind) => [`forecaster, ${kind}`, forecaster(kind)]),
  ),
};

/** The rows of each output, and of the gradient of Σ output² by x. */
function evaluate(fn: (x: Tensor) => Tensor | Tensor[], x: Tensor): string[][] {
  const outputs: string[][] = [];
  const { grads } = L.valueAndGrad([x], () =>
    [fn(x)]
      .flat()
      .map((y) => {
        outputs.push(rowsOf(y));
        return L.sum(L.square(y));
      })
      .reduce((total, one) => L.add(total, one)),
  );
  return [...outputs, rowsOf(grads.get('0') as Tensor)];
}

const vocabulary = 50;
const languageModels = {
  gpt: (random: Random) => new GPT({ vocabulary, context: 64, layers: 2, heads: 4, width: 48 }, { random }),
  'gpt, window, ALiBi': (random: Random) =>
    new GPT(
      { vocabulary, context: 64, layers: 2, heads: 4, kvHeads: 2, width: 48, window: 7, positions: 'alibi' },
      { random },
    ),
  'gpt, bf16': (random: Random) =>
    new GPT({ vocabulary, context: 64, layers: 2, heads: 4, width: 48 }, { random }).storeWeights('bf16'),
  lstm: (random: Random) => new RecurrentLanguageModel({ kind: 'lstm', vocabulary, layers: 2, width: 40 }, { random }),
  gru: (random: Random) => new RecurrentLanguageModel({ kind: 'gru', vocabulary, layers: 2, width: 40 }, { random }),
};

const configurations = (await availableBackends())
  .filter(({ backend }) => backend instanceof CpuBackend)
  .flatMap(({ name, backend }) =>
    (name === 'native-baseline' || name === 'wasm-simd128' ? [2] : [1, 2, 3]).map((threads) => ({
      name: name as 'native-avx2',
      threads,
      fused: (backend as CpuBackend).fused,
    })),
  );

/** The bits of each test on the first backend that fuses. */
const truth = new Map<string, string>();

function sameEverywhere(test: string, fused: boolean, results: string[][]): void {
  if (!fused) return;
  const all = results.flat().join();
  const known = truth.get(test);
  if (known === undefined) truth.set(test, all);
  else expect(all === known, 'the bits of the first backend').toBe(true);
}

describe.each(configurations)('a row alone and in a batch on $name, $threads threads', ({ name, threads, fused }) => {
  const on = (title: string, fn: () => void | Promise<void>) =>
    it(title, async () => {
      const backend: Backend = await createBackend({ backend: name, threads });
      expect(backend.threads).toBe(threads);
      const before = setBackend(backend);
      const held = new L.Scope();
      try {
        await held.run(() => fn() ?? undefined);
      } finally {
        held.close();
        setBackend(before);
      }
    });

  for (const [title, { width, steps = T, make }] of Object.entries(families)) {
    on(title, () => {
      const fn = make(new Random(5, title));
      const x = L.normal([B, steps, width], { random: new Random(6, title) });
      const everyone = Array.from({ length: B }, (_, b) => b);
      const all = evaluate((rows) => fn(rows, everyone), x);
      for (const part of [[0], [B - 1], [7, 8, 9], everyone.slice(3)]) {
        const rows = L.contiguous(L.slice(x, 0, part[0], part[part.length - 1] + 1));
        evaluate((some) => fn(some, part), rows).forEach((result, i) => {
          part.forEach((b, at) => {
            const equal = result[at] === all[i][b];
            expect(equal, `result ${i} of row ${b} among ${part.length} equals that among ${B}`).toBe(true);
          });
        });
      }
      sameEverywhere(title, fused, all);
    });
  }

  for (const [title, make] of Object.entries(languageModels)) {
    it(`${title}, decoded with others, alone, and all at once`, async () => {
      const backend = await createBackend({ backend: name, threads });
      const before = setBackend(backend);
      const held = new L.Scope();
      try {
        const model = held.run(() => make(new Random(8, title))).eval();
        const random = new Random(9, title);
        const texts = Array.from({ length: 5 }, () => Array.from({ length: 12 }, () => random.integer(vocabulary)));
        const decode = async (rows: number[][]) => {
          const decoder = model.decoder();
          const logits: string[][] = [];
          // a prompt of four, then one at a time
          const cuts = [[0, 4], ...Array.from({ length: 8 }, (_, i) => [4 + i, 5 + i])];
          for (const [from, to] of cuts) {
            logits.push((await decoder.feed(rows.map((row) => row.slice(from, to)))).map(bits));
          }
          decoder.dispose();
          return logits;
        };
        const together = await decode(texts);
        for (let i = 0; i < texts.length; i++) {
          const alone = await decode([texts[i]]);
          expect(alone.map(([row]) => row)).toEqual(together.map((rows) => rows[i]));
          const whole = held.run(() => model.forward(L.tensor(Int32Array.from(texts[i]), { shape: [1, 12] })));
          const last = bits(whole.dataSync().slice(-vocabulary));
          expect(last).toEqual(together[together.length - 1][i]);
        }
        sameEverywhere(`decoding ${title}`, fused, together);
        for (const parameter of model.parameters()) parameter.dispose();
      } finally {
        held.close();
        setBackend(before);
      }
    });
  }
});
