/** Operations, layers and optimizers against PyTorch's numbers (make_fixtures.py), forward and every gradient. */
import { describe, it } from 'vitest';
import { type Backend, withBackend } from '../../src/backends/backend.ts';
import {
  GRU,
  LSTM,
  type Module,
  MultiHeadAttention,
  type Recurrent,
  RNN,
  Sequential,
  TransformerBlock,
} from '../../src/nn/index.ts';
import { adamw, chain, clipByGlobalNorm, createOptimizer, sgd, type Transform } from '../../src/optim/index.ts';
import { Random } from '../../src/random.ts';
import {
  alibiSlopes,
  attention,
  conv1d,
  crossEntropy,
  gru,
  layerNorm,
  linear,
  lstm,
  Parameter,
  reshape,
  rmsNorm,
  rnn,
  scope,
  slice,
  sort,
  stack,
  type Tensor,
  tensor,
  topK,
  valueAndGrad,
} from '../../src/tensor/index.ts';
import { availableBackends } from '../backends.ts';
import { Fixture, type Place } from './fixture.ts';

type Inputs = Record<string, Tensor>;

const random = new Random(1);

/** PyTorch's weights of one layer, without the biases where it has none. */
const weightsOf = (t: Inputs) => ({
  inputWeight: t.weight_ih_l0,
  recurrentWeight: t.weight_hh_l0,
  inputBias: t.bias_ih_l0,
  recurrentBias: t.bias_hh_l0,
});

/** [1, B, H] ↔ [B, H] */
const flat = (state: Tensor) => reshape(state, state.shape.slice(1));
const deep = (state: Tensor) => reshape(state, [1, ...state.shape]);

function lstmOperation(t: Inputs) {
  const initial = { h: flat(t.h0), c: flat(t.c0) };
  const { output, last, lastCell } = lstm(t.x, weightsOf(t), { initial, lengths: t.lengths });
  return { output, 'output.h': deep(last), 'output.c': deep(lastCell) };
}

const operations: Record<string, (t: Inputs) => Record<string, Tensor>> = {
  'rnn-tanh': (t) => {
    const { output, last } = rnn(t.x, weightsOf(t), { initial: flat(t.h0) });
    return { output, 'output.h': deep(last) };
  },
  'rnn-relu': (t) => {
    const { output, last } = rnn(t.x, weightsOf(t), { initial: flat(t.h0), nonlinearity: 'relu' });
    return { output, 'output.h': deep(last) };
  },
  gru: (t) => {
    const { output, last } = gru(t.x, weightsOf(t), { initial: flat(t.h0) });
    return { output, 'output.h': deep(last) };
  },
  lstm: lstmOperation,
  'rnn-padded': (t) => {
    const { output, last } = rnn(t.x, weightsOf(t), { initial: flat(t.h0), lengths: t.lengths });
    return { output, 'output.h': deep(last) };
  },
  'gru-padded': (t) => {
    const { output, last } = gru(t.x, weightsOf(t), { initial: flat(t.h0), lengths: t.lengths });
    return { output, 'output.h': deep(last) };
  },
  'lstm-padded': lstmOperation,
  'lstm-no-bias': lstmOperation,
  'lstm-200-steps': lstmOperation,
  'layer-norm': ({ x, weight, bias }) => ({ output: layerNorm(x, weight, bias, { epsilon: 1e-5 }) }),
  'rms-norm': ({ x, weight }) => ({ output: rmsNorm(x, weight, { epsilon: 1e-6 }) }),
  attention: ({ q, k, v }) => ({ output: attention(q, k, v) }),
  'attention-causal': ({ q, k, v }) => ({ output: attention(q, k, v, { causal: true }) }),
  'attention-cross-padded': ({ q, k, v, mask }) => ({ output: attention(q, k, v, { mask }) }),
  'attention-gqa-causal-padded': ({ q, k, v, mask }) => ({ output: attention(q, k, v, { causal: true, mask }) }),
  'attention-mqa-causal': ({ q, k, v }) => ({ output: attention(q, k, v, { causal: true }) }),
  'cross-entropy-mean': ({ logits, targets }) => ({ output: crossEntropy(logits, targets) }),
  'cross-entropy-sum': ({ logits, targets }) => ({ output: crossEntropy(logits, targets, { reduction: 'sum' }) }),
  'cross-entropy-none': ({ logits, targets }) => ({ output: crossEntropy(logits, targets, { reduction: 'none' }) }),
  'attention-window': ({ q, k, v }) => ({ output: attention(q, k, v, { causal: true, window: 3 }) }),
  'attention-alibi-window': ({ q, k, v }) => ({
    output: attention(q, k, v, { causal: true, window: 3, slopes: alibiSlopes(2) }),
  }),
  'sort-descending': ({ x }) => ({ output: sort(x, -1, { descending: true }).values }),
  'top-3': ({ x }) => ({ output: topK(x, 3, 1).values }),
  'cross-entropy-smoothed': ({ logits, targets }) => ({
    output: crossEntropy(logits, targets, { labelSmoothing: 0.1 }),
  }),
  'conv1d-causal': ({ x, weight, bias }) => ({ output: conv1d(x, weight, bias, { padding: 'causal' }) }),
  'conv1d-causal-dilated': ({ x, weight, bias }) => ({
    output: conv1d(x, weight, bias, { padding: 'causal', dilation: 2 }),
  }),
  'conv1d-depthwise': ({ x, weight, bias }) => ({ output: conv1d(x, weight, bias, { padding: 'causal', groups: 6 }) }),
};

/** `layers.1.inputWeight` is `weight_ih_l1`; `reverse.1.inputWeight` is `weight_ih_l1_reverse`. */
function recurrentPlace(name: string): Place {
  const [direction, layer, weight] = name.split('.');
  const names: Record<string, string> = {
    inputWeight: 'weight_ih',
    recurrentWeight: 'weight_hh',
    inputBias: 'bias_ih',
    recurrentBias: 'bias_hh',
  };
  return { name: `${names[weight]}_l${layer}${direction === 'reverse' ? '_reverse' : ''}` };
}

/** h0 and c0 are [layers · directions, B, H], as are the states returned. */
function recurrentForward(module: Recurrent, { x, h0, c0, lengths }: Inputs): Record<string, Tensor> {
  const at = (states: Tensor, i: number) => flat(slice(states, 0, i, i + 1));
  const initial = Array.from({ length: h0.shape[0] }, (_, i) => ({ hidden: at(h0, i), cell: c0 && at(c0, i) }));
  const { output, state } = module.forward(x, { state: initial, lengths });
  const cells = state.flatMap(({ cell }) => cell ?? []);
  return {
    output,
    'output.h': stack(
      state.map(({ hidden }) => hidden),
      0,
    ),
    ...(cells.length > 0 && { 'output.c': stack(cells, 0) }),
  };
}

/** PyTorch holds the three input projections as one matrix of 3C rows. */
function attentionPlace(name: string): Place {
  const [layer, kind] = name.split('.');
  const part = ['query', 'key', 'value'].indexOf(layer);
  return part < 0 ? { name: `out_proj.${kind}` } : { name: `in_proj_${kind}`, part, parts: 3 };
}

/** `layers.0.mlp.hidden.weight` is `layers.0.linear1.weight`. */
function encoderPlace(name: string): Place {
  const [, block, inner] = /^(layers\.\d+)\.(.*)$/.exec(name) ?? ['', '', name];
  if (inner.startsWith('attention.')) {
    const place = attentionPlace(inner.slice('attention.'.length));
    return { ...place, name: `${block}.self_attn.${place.name}` };
  }
  const names: Record<string, string> = {
    attentionNorm: 'norm1',
    mlpNorm: 'norm2',
    'mlp.hidden': 'linear1',
    'mlp.output': 'linear2',
  };
  const at = inner.lastIndexOf('.');
  return { name: `${block}.${names[inner.slice(0, at)]}.${inner.slice(at + 1)}` };
}

type Check = (fixture: Fixture, backend: Backend) => void;

/** Builds the layer, gives it PyTorch's parameters and compares. */
function layer<M extends Module>(
  make: () => M,
  place: (name: string) => Place,
  forward: (module: M, t: Inputs) => Record<string, Tensor>,
): Check {
  return (fixture, backend) => {
    const module = withBackend(backend, make);
    module.loadStateDict(new Map(module.namedParameters().map(([name]) => [name, fixture.entry(place(name))])));
    const parameters = module.namedParameters().map(([name, parameter]) => [place(name), parameter] as const);
    fixture.compare((t) => forward(module, t), { backend }, parameters);
  };
}

const recurrent = (make: () => Recurrent) => layer(make, recurrentPlace, recurrentForward);

const encoder = (options: { order: 'pre' | 'post'; causal?: boolean }) =>
  layer(
    () => {
      const block = () => new TransformerBlock(8, { random, heads: 2, mlpWidth: 16, ...options });
      return new Sequential(block(), block());
    },
    encoderPlace,
    (module, { x }) => ({ output: module.forward(x) }),
  );

const attentionLayer = () => new MultiHeadAttention(8, { random, heads: 2 });

const layers: Record<string, Check> = {
  'rnn-tanh': recurrent(() => new RNN(5, 6, { random })),
  'rnn-relu': recurrent(() => new RNN(5, 6, { random, nonlinearity: 'relu' })),
  gru: recurrent(() => new GRU(5, 6, { random })),
  'gru-stacked': recurrent(() => new GRU(5, 6, { random, layers: 2 })),
  'gru-bidirectional': recurrent(() => new GRU(5, 6, { random, layers: 2, bidirectional: true })),
  'rnn-bidirectional': recurrent(() => new RNN(5, 6, { random, bidirectional: true })),
  lstm: recurrent(() => new LSTM(5, 6, { random })),
  'lstm-stacked': recurrent(() => new LSTM(5, 6, { random, layers: 2 })),
  'lstm-bidirectional': recurrent(() => new LSTM(5, 6, { random, layers: 2, bidirectional: true })),
  'rnn-padded': recurrent(() => new RNN(5, 6, { random })),
  'rnn-padded-bidirectional': recurrent(() => new RNN(5, 6, { random, layers: 2, bidirectional: true })),
  'gru-padded': recurrent(() => new GRU(5, 6, { random })),
  'gru-padded-bidirectional': recurrent(() => new GRU(5, 6, { random, layers: 2, bidirectional: true })),
  'lstm-padded': recurrent(() => new LSTM(5, 6, { random })),
  'lstm-padded-bidirectional': recurrent(() => new LSTM(5, 6, { random, layers: 2, bidirectional: true })),
  'multi-head-self': layer(attentionLayer, attentionPlace, (module, { x, mask }) => ({
    output: module.forward(x, { mask }),
  })),
  'multi-head-cross': layer(attentionLayer, attentionPlace, (module, { x, source, mask }) => ({
    output: module.forward(x, { memory: source, mask }),
  })),
  'encoder-pre-norm': encoder({ order: 'pre' }),
  'encoder-post-norm': encoder({ order: 'post' }),
  'encoder-pre-norm-causal': encoder({ order: 'pre', causal: true }),
};

/** Weight decay acts on matrices only, in PyTorch by two groups of parameters. */
const optimizers: Record<string, () => Transform> = {
  'optimizer-adamw': () => adamw({ rate: 0.01, decay: 0.1 }),
  'optimizer-adamw-clipped': () => chain(clipByGlobalNorm(0.3), adamw({ rate: 0.01, decay: 0.1 })),
  'optimizer-sgd': () => sgd({ rate: 0.1, decay: 0.1 }),
  'optimizer-sgd-momentum': () => sgd({ rate: 0.1, momentum: 0.9, decay: 0.1 }),
  'optimizer-sgd-nesterov': () => sgd({ rate: 0.1, momentum: 0.9, nesterov: true, decay: 0.1 }),
  'optimizer-sgd-clipped': () => chain(clipByGlobalNorm(0.3), sgd({ rate: 0.1, decay: 0.1 })),
};

/** Ten full-batch steps of linear, tanh, linear, cross-entropy. */
function train(fixture: Fixture, transform: Transform): void {
  const [x, targets] = ['x', 'targets'].map((name) => fixture.tensor({ name }));
  const parameters = fixture.names('after.').map((name) => [name, new Parameter(fixture.tensor({ name }))] as const);
  const { '0.weight': w0, '0.bias': b0, '2.weight': w2, '2.bias': b2 } = Object.fromEntries(parameters);
  const optimizer = createOptimizer(transform, parameters);
  const losses: Tensor[] = [];
  const norms: number[] = [];
  for (let step = 0; step < 10; step++) {
    const { value } = valueAndGrad([w0, b0, w2, b2], () =>
      crossEntropy(linear(linear(x, w0, b0, { activation: 'tanh' }), w2, b2), targets),
    );
    losses.push(value);
    const { norm } = optimizer.step();
    if (norm) norms.push(norm.item());
  }
  fixture.expectClose({ name: 'losses' }, stack(losses, 0));
  if (norms.length > 0) fixture.expectClose({ name: 'norms' }, tensor(Float64Array.from(norms)));
  for (const [name, parameter] of parameters) fixture.expectClose({ name: `after.${name}` }, parameter);
  optimizer.dispose();
}

describe.each(await availableBackends())('PyTorch fixtures on $name', ({ backend }) => {
  for (const [name, forward] of Object.entries(operations)) {
    // 200 steps of recurrence add up more rounding than one call.
    const tolerance = name === 'lstm-200-steps' ? 1e-4 : 1e-5;
    it(`operation: ${name}`, () => new Fixture(name).compare(forward, { backend, tolerance }));
  }
  for (const [name, check] of Object.entries(layers)) {
    it(`layer: ${name}`, () => check(new Fixture(name), backend));
  }
  for (const [name, make] of Object.entries(optimizers)) {
    it(`optimizer: ${name}`, () => withBackend(backend, () => scope(() => train(new Fixture(name), make()))));
  }
});
