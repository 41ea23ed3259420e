/** GPT training in jax-js on WebAssembly, in Node or in a page. */
import { burst } from './burst.mjs';

const shapes = { 'train/gpt-a': [4, 4, 128, 64, 12], 'train/gpt-b': [6, 6, 384, 256, 8] };

/** A figure for each of `names` that this peer has, in tokens/s. */
export async function* measure(jax, { seconds, names }) {
  await jax.init('wasm');
  for (const name of names.filter((one) => one in shapes)) {
    const { best, median } = await burst(gpt(jax, shapes[name]), seconds);
    const tokens = shapes[name][3] * shapes[name][4];
    yield { name, best: tokens * best, median: tokens * median };
  }
}

function random(np, shape, deviation) {
  const values = new Float32Array(shape.reduce((a, b) => a * b, 1));
  for (let i = 0; i < values.length; i++) {
    values[i] = deviation * Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
  }
  return np.array(values).reshape(shape);
}

/** L blocks of H heads and C channels over B sequences of T tokens of V; tokens as one-hot rows. */
function gpt(jax, [L, H, C, T, B], V = 65) {
  const { numpy: np, nn, jit, valueAndGrad, tree } = jax;
  const norm = () => [np.ones([C]), np.zeros([C])];
  const linear = (from, to) => [random(np, [from, to], 0.02), np.zeros([to])];
  const blocks = Array.from({ length: L }, () => ({
    norm1: norm(),
    qkv: linear(C, 3 * C),
    out: linear(C, C),
    norm2: norm(),
    up: linear(C, 4 * C),
    down: linear(4 * C, C),
  }));
  let parameters = { tokens: random(np, [V, C], 0.02), positions: random(np, [T, C], 0.02), norm: norm(), blocks };
  const hidden = Float32Array.from({ length: T * T }, (_, i) => (i % T > Math.floor(i / T) ? -1e9 : 0));
  const mask = np.array(hidden).reshape([1, 1, T, T]);
  const normalized = (x, [gain, bias]) => {
    const centred = x.ref.sub(x.mean(-1, { keepdims: true }));
    const variance = np.square(centred.ref).mean(-1, { keepdims: true });
    return centred
      .div(np.sqrt(variance.add(1e-5)))
      .mul(gain)
      .add(bias);
  };
  const affine = (x, [weight, bias]) => np.matmul(x, weight).add(bias);
  const loss = (p, ids, truth, hide) => {
    let x = np
      .matmul(ids, p.tokens.ref)
      .reshape([B, T, C])
      .add(p.positions)
      .reshape([B * T, C]);
    for (const block of p.blocks) {
      const qkv = affine(normalized(x.ref, block.norm1), block.qkv)
        .reshape([B, T, 3, H, C / H])
        .transpose([2, 0, 3, 1, 4]);
      const [q, k, v] = [qkv.ref.slice(0), qkv.ref.slice(1), qkv.slice(2)];
      const scores = np
        .matmul(q, k.transpose([0, 1, 3, 2]))
        .mul(1 / Math.sqrt(C / H))
        .add(hide.ref);
      const mixed = np
        .matmul(nn.softmax(scores, -1), v)
        .transpose([0, 2, 1, 3])
        .reshape([B * T, C]);
      x = x.add(affine(mixed, block.out));
      x = x.ref.add(affine(nn.gelu(affine(normalized(x, block.norm2), block.up)), block.down));
    }
    hide.dispose();
    const logits = np.matmul(normalized(x, p.norm), p.tokens.transpose());
    return nn
      .logSoftmax(logits, -1)
      .mul(truth)
      .sum()
      .mul(-1 / (B * T));
  };
  const oneHot = () => {
    const rows = new Float32Array(B * T * V);
    for (let i = 0; i < B * T; i++) rows[i * V + Math.floor(Math.random() * V)] = 1;
    return np.array(rows).reshape([B * T, V]);
  };
  const [x, y] = [oneHot(), oneHot()];
  let first = tree.map((one) => np.zerosLike(one.ref), parameters);
  let second = tree.map((one) => np.zerosLike(one.ref), parameters);
  const update = jit((p, m, v, ids, truth, hide) => {
    const [value, gradient] = valueAndGrad(loss)(tree.ref(p), ids, truth, hide);
    const mean = tree.map((a, g) => a.mul(0.9).add(g.mul(0.1)), m, tree.ref(gradient));
    const square = tree.map((a, g) => a.mul(0.99).add(np.square(g).mul(0.01)), v, gradient);
    const move = (a, s, t) => a.mul(1 - 1e-4).sub(s.mul(1e-3).div(np.sqrt(t).add(1e-8)));
    return [value, tree.map(move, p, tree.ref(mean), tree.ref(square)), mean, square];
  });
  return async () => {
    const [value, p, m, v] = update(parameters, first, second, x.ref, y.ref, mask.ref);
    [parameters, first, second] = [p, m, v];
    await value.data();
  };
}
