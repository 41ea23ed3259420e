/** Every public function with how hostile.test.ts draws a call of it: arguments that fit, nearly fit or are absurd. */
import type { DType } from '../../src/backends/backend.ts';
import { Random } from '../../src/random.ts';
import * as L from '../../src/tensor/index.ts';
import type { Draw } from './hostileInputs.ts';

export type Results = L.Tensor | readonly L.Tensor[];

const library = { ...L };

/** Public functions by name: how a hostile call is drawn. */
export const functions: Record<string, (d: Draw) => () => Results> = {};

for (const name of [
  ...['negate', 'exp', 'log', 'log1p', 'tanh', 'sigmoid', 'relu', 'silu', 'softplus', 'sqrt', 'rsqrt', 'sin', 'cos'],
  ...['abs', 'sign', 'floor', 'reciprocal', 'square', 'contiguous', 'clone', 'zerosLike', 'onesLike', 'logicalNot'],
] as const) {
  functions[name] = (d) => {
    const x = d.input(d.shape(), name === 'logicalNot' ? { dtype: 'u8' } : {});
    return () => library[name](x());
  };
}
for (const name of [
  ...['add', 'subtract', 'multiply', 'divide', 'minimum', 'maximum', 'equal', 'notEqual', 'less', 'lessEqual'],
  ...['greater', 'greaterEqual'],
] as const) {
  functions[name] = (d) => {
    const shape = d.shape();
    const dtype = d.pick<DType>(['f32', 'f32', 'i32']);
    const a = d.input(shape, { dtype });
    const b = d.pick([true, false]) ? d.input(d.broadcastable(shape), { dtype }) : undefined;
    const number = d.number();
    const swapped = d.pick([true, false]);
    return () => {
      const other = b ? b() : number;
      return swapped ? library[name](other, a()) : library[name](a(), other);
    };
  };
}
for (const name of ['logicalAnd', 'logicalOr'] as const) {
  functions[name] = (d) => {
    const shape = d.shape();
    const [a, b] = [d.input(shape, { dtype: 'u8' }), d.input(d.broadcastable(shape), { dtype: 'u8' })];
    return () => library[name](a(), b());
  };
}
for (const name of ['sum', 'mean', 'max', 'min', 'logSumExp', 'variance'] as const) {
  functions[name] = (d) => {
    const shape = d.shape();
    const x = d.input(shape);
    const axes = d.pick([undefined, d.axis(shape.length), [d.axis(shape.length), d.axis(shape.length)]]);
    const options = { keepDims: d.pick([true, false]), ...(name === 'variance' ? { correction: d.number() } : {}) };
    return () => library[name](x(), axes, options);
  };
}
for (const name of ['argmax', 'argmin', 'softmax', 'logSoftmax', 'cumulativeSum'] as const) {
  functions[name] = (d) => {
    const shape = d.shape();
    const [x, axis] = [d.input(shape), d.axis(shape.length)];
    return () => library[name](x(), axis);
  };
}
for (const name of ['sort', 'topK'] as const) {
  functions[name] = (d) => {
    const shape = d.shape();
    const [x, axis, k, flag] = [d.input(shape), d.axis(shape.length), d.number(), d.pick([true, false])];
    return () => {
      const { values, indices } =
        name === 'sort' ? L.sort(x(), axis, { descending: flag }) : L.topK(x(), k, axis, { largest: flag });
      return [values, indices];
    };
  };
}
for (const name of ['rnn', 'lstm', 'gru'] as const) {
  functions[name] = (d) => {
    const gates = { rnn: 1, lstm: 4, gru: 3 }[name];
    const [b, t, i, h] = d.extents(4);
    const x = d.input([b, t, i]);
    const [inputWeight, recurrentWeight] = [d.input([gates * h, i]), d.input([gates * h, h])];
    const biases = [d.optional(() => d.input([gates * h])), d.optional(() => d.input([gates * h]))];
    const states = d.optional(() => [d.input([b, h]), d.input([b, h])]);
    const ends = d.pick([false, false, true]) ? d.input([b], { dtype: 'i32', below: t + 1 }) : undefined;
    return () => {
      const [inputBias, recurrentBias] = biases.map((bias) => bias?.());
      const weights = { inputWeight: inputWeight(), recurrentWeight: recurrentWeight(), inputBias, recurrentBias };
      const state = states?.map((one) => one());
      if (name === 'lstm') {
        const { output, last, lastCell } = L.lstm(x(), weights, {
          initial: state && { h: state[0], c: state[1] },
          lengths: ends?.(),
        });
        return [output, last, lastCell];
      }
      const { output, last } = library[name](x(), weights, { initial: state?.[0], lengths: ends?.() });
      return [output, last];
    };
  };
}
for (const name of ['maskTime', 'reverseTime'] as const) {
  functions[name] = (d) => {
    const shape = d.shape();
    const [b = 1, t = 1] = shape;
    const [x, lengths] = [d.input(shape), d.input([b], { dtype: 'i32', below: t + 1 })];
    const numbers = Array.from({ length: b }, () => d.number());
    const asNumbers = d.pick([true, false, false]);
    return () => library[name](x(), asNumbers ? numbers : lengths());
  };
}
for (const name of ['attention', 'attentionPattern'] as const) {
  functions[name] = (d) => {
    const [b, g, tq, tk, width] = d.extents(5);
    const heads = g * d.pick([1, 1, 2, 3]);
    const [q, k] = [d.input([b, heads, tq, width]), d.input([b, g, tk, width])];
    const v = name === 'attention' ? d.input([b, g, tk, width]) : undefined;
    const mask = d.optional(() => d.input([b, tk], { dtype: 'u8' }));
    const causal = d.pick([true, false]);
    const scale = d.pick([undefined, d.number()]);
    const window = d.pick([undefined, 1, 3, d.number()]);
    const slopes = d.optional(() => d.input([heads]));
    return () => {
      const options = { causal, mask: mask?.(), scale, window, slopes: slopes?.() };
      return v ? L.attention(q(), k(), v(), options) : L.attentionPattern(q(), k(), options);
    };
  };
}
Object.assign(functions, {
  gelu: (d) => {
    const x = d.input(d.shape());
    const approximate = d.pick(['none', 'tanh'] as const);
    return () => L.gelu(x(), { approximate });
  },
  clamp: (d) => {
    const [x, low, high] = [d.input(d.shape()), d.number(), d.number()];
    return () => L.clamp(x(), low, high);
  },
  pow: (d) => {
    const [x, p] = [d.input(d.shape()), d.number()];
    return () => L.pow(x(), p);
  },
  addScalar: (d) => {
    const [x, p] = [d.input(d.shape()), d.number()];
    return () => L.addScalar(x(), p);
  },
  multiplyScalar: (d) => {
    const [x, p] = [d.input(d.shape()), d.number()];
    return () => L.multiplyScalar(x(), p);
  },
  to: (d) => {
    const [x, dtype] = [d.input(d.shape(), { dtype: d.dtype() }), d.pick([d.dtype(), 'f64' as DType])];
    return () => L.to(x(), dtype);
  },
  where: (d) => {
    const shape = d.shape();
    const [c, a, b] = [d.input(shape, { dtype: 'u8' }), d.input(d.broadcastable(shape)), d.input(shape)];
    const number = d.pick([undefined, d.number()]);
    return () => L.where(c(), number ?? a(), b());
  },
  sumTo: (d) => {
    const shape = d.shape();
    const [x, to] = [d.input(shape), d.mutated(d.broadcastable(shape))];
    return () => L.sumTo(x(), to);
  },
  matmul: (d) => {
    const [m, k, n] = d.extents(3);
    const batch = d.shape(2);
    const [a, b] = [d.input([...d.broadcastable(batch), m, k]), d.input([...batch, k, n])];
    return () => L.matmul(a(), b());
  },
  feedForward: (d) => {
    const [m, k, n, o] = d.extents(4);
    const [x, w1, w2] = [d.input([m, k]), d.input([n, k]), d.input([o, n])];
    const [b1, b2] = [d.optional(() => d.input([n])), d.optional(() => d.input([o]))];
    const activation = d.pick(['gelu', 'geluTanh', 'silu', 'relu' as 'silu'] as const);
    return () => L.feedForward(x(), { weight: w1(), bias: b1?.() }, { weight: w2(), bias: b2?.() }, { activation });
  },
  linear: (d) => {
    const [m, k, n] = d.extents(3);
    const [x, weight, bias] = [d.input([m, k]), d.input([n, k]), d.optional(() => d.input([n]))];
    const activation = d.pick([
      'none',
      'relu',
      'gelu',
      'geluTanh',
      'silu',
      'tanh',
      'sigmoid',
      'cube' as 'none',
    ] as const);
    return () => L.linear(x(), weight(), bias?.(), { activation });
  },
  layerNorm: (d) => {
    const shape = d.shape();
    const channels = shape[shape.length - 1] ?? 1;
    const [x, weight, bias] = [
      d.input(shape),
      d.optional(() => d.input([channels])),
      d.optional(() => d.input([channels])),
    ];
    const epsilon = d.number();
    return () => L.layerNorm(x(), weight?.(), bias?.(), { epsilon });
  },
  rmsNorm: (d) => {
    const shape = d.shape();
    const [x, weight] = [d.input(shape), d.optional(() => d.input([shape[shape.length - 1] ?? 1]))];
    const epsilon = d.number();
    return () => L.rmsNorm(x(), weight?.(), { epsilon });
  },
  embedding: (d) => {
    const [v, c] = d.extents(2);
    const [table, ids] = [d.input([v, c]), d.input(d.shape(), { dtype: 'i32', below: v })];
    return () => L.embedding(table(), ids());
  },
  gather: (d) => {
    const shape = d.shape();
    const axis = d.axis(shape.length);
    const [x, index] = [d.input(shape), d.input(d.resized(shape, axis), { dtype: 'i32', below: shape.at(axis) ?? 1 })];
    return () => L.gather(x(), index(), axis);
  },
  scatterAdd: (d) => {
    const shape = d.shape();
    const axis = d.axis(shape.length);
    const values = d.resized(shape, axis);
    const [x, index] = [d.input(shape), d.input(values, { dtype: 'i32', below: shape.at(axis) ?? 1 })];
    const added = d.input(values);
    return () => L.scatterAdd(x(), index(), added(), axis);
  },
  oneHot: (d) => {
    const [ids, classes] = [d.input(d.shape(), { dtype: 'i32', below: 4 }), d.pick([4, d.number()])];
    return () => L.oneHot(ids(), classes);
  },
  crossEntropy: (d) => {
    const [b, t, v] = d.extents(3);
    const [logits, targets] = [d.input([b, t, v]), d.input([b, t], { dtype: 'i32', below: v })];
    const options = { ignoreIndex: d.pick([-100, 1, d.number()]), reduction: d.pick(['mean', 'sum', 'none'] as const) };
    const scale = d.number();
    return () => L.crossEntropy(logits(), targets(), { ...options, scale });
  },
  meanSquaredError: (d) => {
    const shape = d.shape();
    const [x, y] = [d.input(shape), d.input(shape)];
    return () => L.meanSquaredError(x(), y());
  },
  rotary: (d) => {
    const [b, h, t, half] = d.extents(4);
    const x = d.input([b, h, t, 2 * half]);
    const tables = [d.input([t + 2, half]), d.input([t + 2, half])];
    const options = { interleaved: d.pick([true, false]), position: d.pick([0, 1, 2, d.number()]) };
    return () => L.rotary(x(), { cosine: tables[0](), sine: tables[1]() }, options);
  },
  attentionDistances: (d) => {
    const [tq, tk] = [d.size(), d.size()];
    return () => L.attentionDistances(tq, tk);
  },
  alibiSlopes: (d) => {
    const heads = d.size();
    return () => L.alibiSlopes(heads);
  },
  rotaryTables: (d) => {
    const [T, D, options] = [d.size(), d.size(), { base: d.number(), offset: d.number() }];
    return () => {
      const { cosine, sine } = L.rotaryTables(T, D, options);
      return [cosine, sine];
    };
  },
  conv1d: (d) => {
    const [b, t, c, taps] = d.extents(4);
    const depthwise = d.pick([true, false]);
    const [outputs, perGroup] = depthwise ? [c, 1] : [d.extent(), c];
    const x = d.input([b, t, c]);
    const [weight, bias] = [d.input([outputs, perGroup, taps]), d.optional(() => d.input([outputs]))];
    const [stride, dilation] = [d.pick([1, 1, 2, d.number()]), d.pick([1, 1, 2, d.number()])];
    const padding = d.pick<L.Conv1dOptions['padding']>(['valid', 'causal', 'same', 'sideways' as 'same', d.size()]);
    const right = depthwise ? c : 1;
    const groups = d.pick([right, right, right, d.number()]);
    return () => L.conv1d(x(), weight(), bias?.(), { stride, dilation, padding, groups });
  },
  dropout: (d) => {
    const [x, p] = [d.input(d.shape()), d.pick([0, 0.5, 1, d.number()])];
    return () => L.dropout(x(), p, { random: new Random(1) });
  },
  concat: (d) => {
    const shape = d.shape();
    const axis = d.axis(shape.length);
    const parts = Array.from({ length: d.pick([0, 1, 2, 3]) }, () => d.input(d.resized(shape, axis)));
    return () =>
      L.concat(
        parts.map((part) => part()),
        axis,
      );
  },
  stack: (d) => {
    const shape = d.shape();
    const axis = d.axis(shape.length + 1);
    const parts = Array.from({ length: d.pick([0, 1, 2, 3]) }, () => d.input(shape));
    return () =>
      L.stack(
        parts.map((part) => part()),
        axis,
      );
  },
  pad: (d) => {
    const shape = d.shape();
    const [x, axis, before, after, value] = [d.input(shape), d.axis(shape.length), d.size(), d.size(), d.number()];
    return () => L.pad(x(), axis, before, after, value);
  },
  reshape: (d) => {
    const shape = d.shape();
    const x = d.input(shape);
    const target = d.pick([[-1], [...shape].reverse(), d.mutated(shape), [d.number(), -1], [-1, -1]]);
    return () => L.reshape(x(), target);
  },
  flatten: (d) => {
    const shape = d.shape();
    const [x, start, end] = [d.input(shape), d.axis(shape.length), d.axis(shape.length)];
    return () => L.flatten(x(), start, end);
  },
  permute: (d) => {
    const shape = d.shape();
    const x = d.input(shape);
    const order = d.pick([shape.map((_, i) => -1 - i), shape.map(() => d.axis(shape.length))]);
    return () => L.permute(x(), order);
  },
  transpose: (d) => {
    const shape = d.shape();
    const [x, a, b] = [d.input(shape), d.axis(shape.length), d.axis(shape.length)];
    return () => L.transpose(x(), a, b);
  },
  slice: (d) => {
    const shape = d.shape();
    const [x, axis, start, stop, step] = [d.input(shape), d.axis(shape.length), d.number(), d.number(), d.number()];
    const end = d.pick([undefined, stop]);
    return () => L.slice(x(), axis, start, end, step);
  },
  split: (d) => {
    const shape = d.shape();
    const [x, axis] = [d.input(shape), d.axis(shape.length)];
    const extent = shape.at(axis) ?? 0;
    const sizes = d.pick([1, d.number(), [extent], [1, extent - 1], [d.number(), d.number()]]);
    return () => L.split(x(), sizes, axis);
  },
  expand: (d) => {
    const shape = d.shape();
    const [x, target] = [d.input(d.broadcastable(shape)), d.pick([shape, [d.pick([2, d.number()]), ...shape]])];
    return () => L.expand(x(), target);
  },
  squeeze: (d) => {
    const shape = d.shape();
    const [x, axis] = [d.input(shape), d.pick([undefined, d.axis(shape.length)])];
    return () => L.squeeze(x(), axis);
  },
  unsqueeze: (d) => {
    const shape = d.shape();
    const [x, axis] = [d.input(shape), d.axis(shape.length + 1)];
    return () => L.unsqueeze(x(), axis);
  },
  tensor: (d) => {
    const [values, shape, dtype] = [d.nested(), d.pick([undefined, d.sizes()]), d.pick([d.dtype(), 'f64' as DType])];
    return () => L.tensor(values, { shape, dtype });
  },
  full: (d) => {
    const [shape, value, dtype] = [d.sizes(), d.number(), d.pick([d.dtype(), 'f64' as DType])];
    return () => L.full(shape, value, { dtype });
  },
  zeros: (d) => {
    const shape = d.sizes();
    return () => L.zeros(shape);
  },
  ones: (d) => {
    const shape = d.sizes();
    return () => L.ones(shape);
  },
  range: (d) => {
    const [start, stop, step] = [d.number(), d.pick([undefined, d.number()]), d.number()];
    const dtype = d.pick<DType>(['i32', 'f32']);
    return () => L.range(start, stop, step, { dtype });
  },
  tril: (d) => {
    const [rows, columns, diagonal] = [d.size(), d.size(), d.number()];
    return () => L.tril(rows, columns, diagonal);
  },
  triu: (d) => {
    const [rows, columns, diagonal] = [d.size(), d.size(), d.number()];
    return () => L.triu(rows, columns, diagonal);
  },
  uniform: (d) => {
    const [shape, low, high] = [d.sizes(), d.number(), d.number()];
    return () => L.uniform(shape, { random: new Random(1), low, high });
  },
  normal: (d) => {
    const [shape, mean, std] = [d.sizes(), d.number(), d.number()];
    return () => L.normal(shape, { random: new Random(1), mean, std });
  },
  truncatedNormal: (d) => {
    const [shape, low, high] = [d.sizes(), d.number(), d.number()];
    return () => L.truncatedNormal(shape, { random: new Random(1), low, high });
  },
  permutation: (d) => {
    const n = d.size();
    return () => L.permutation(n, { random: new Random(1) });
  },
  categorical: (d) => {
    const logits = d.input(d.shape());
    return () => L.categorical(logits(), { random: new Random(1) });
  },
} satisfies Record<string, (d: Draw) => () => Results>);
