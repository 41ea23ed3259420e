/**
 * A row's result does not depend on what else is in the batch, bit for bit: M = 1 takes the order of sums that larger M
 * take. So cached decoding, batched or not, gives the numbers of training.
 */
import { describe, expect, it } from 'vitest';
import { withBackend } from '../../src/backends/backend.ts';
import { CpuBackend } from '../../src/backends/cpu/cpu.ts';
import { GPT } from '../../src/models/index.ts';
import { Random } from '../../src/random.ts';
import type { Tensor } from '../../src/tensor/index.ts';
import * as L from '../../src/tensor/index.ts';
import { availableBackends } from '../backends.ts';

const backends = (await availableBackends()).filter(({ backend }) => backend instanceof CpuBackend);

/** The bits, so that -0 is not 0. */
const bits = (x: Tensor): number[] => Array.from(new Int32Array((x.dataSync() as Float32Array).buffer));

/** `fn` of all rows of x must give what it gives for rows `parts` alone. */
function rowsAlone(x: Tensor, fn: (x: Tensor) => Tensor, parts: readonly (readonly [number, number])[]): void {
  const all = fn(x);
  for (const [from, to] of parts) {
    expect(bits(fn(L.slice(x, 0, from, to))), `rows ${from} to ${to}`).toEqual(
      bits(L.contiguous(L.slice(all, 0, from, to))),
    );
  }
}

const some = (n: number): [number, number][] => [
  [0, 1],
  [n - 1, n],
  [Math.floor(n / 2), Math.floor(n / 2) + 1],
  [1, Math.min(n, 8)],
];

describe.each(backends)('rows on $name', ({ backend }) => {
  const on = (name: string, fn: (random: Random) => void) =>
    it(name, () => withBackend(backend, () => L.scope(() => fn(new Random(1, name)))));

  // K over the kernels' blocks of 320 and more, N and M off the tiles.
  const shapes = [
    [2, 1, 1],
    [7, 5, 3],
    [33, 17, 65],
    [13, 320, 48],
    [14, 321, 47],
    [70, 700, 33],
    [130, 1300, 97],
  ];
  for (const [m, k, n] of shapes) {
    on(`linear, M ${m} K ${k} N ${n}`, (random) => {
      const [x, w, b] = [[m, k], [n, k], [n]].map((shape) => L.normal(shape, { random }));
      rowsAlone(x, (rows) => L.linear(rows, w, b, { activation: 'gelu' }), some(m));
      rowsAlone(x, (rows) => L.matmul(rows, L.transpose(w)), some(m));
      const flat = L.contiguous(L.transpose(w));
      rowsAlone(x, (rows) => L.matmul(rows, flat), some(m));
    });
  }

  on('the gradient of linear in x', (random) => {
    const w = L.normal([33, 70], { random });
    const gradient = (x: Tensor) => L.grad([x], () => L.sum(L.square(L.linear(x, w)))).get('0') as Tensor;
    rowsAlone(L.normal([19, 70], { random }), gradient, some(19));
  });

  for (const [b, t, d, g] of [
    [5, 7, 8, 1],
    [3, 70, 17, 2],
    [9, 130, 32, 2],
  ]) {
    on(`attention, B ${b} T ${t} D ${d} G ${g}`, (random) => {
      const qkv = L.normal([b, t, (2 + 2 * g) * d], { random });
      const attend = (rows: Tensor) => {
        const [q, k, v] = L.split(rows, [2 * d, g * d, g * d], 2).map((part) =>
          L.transpose(L.reshape(part, [part.shape[0], t, part.shape[2] / d, d]), 1, 2),
        );
        return L.attention(q, k, v, { causal: true });
      };
      rowsAlone(qkv, attend, some(b));
    });
  }

  on('causal attention of one query sees what it saw among all', (random) => {
    const [q, k, v] = [1, 2, 3].map(() => L.normal([2, 3, 90, 16], { random }));
    const all = L.attention(q, k, v, { causal: true });
    for (const t of [0, 1, 31, 32, 63, 64, 89]) {
      const [past, values] = [L.slice(k, 2, 0, t + 1), L.slice(v, 2, 0, t + 1)];
      const one = L.attention(L.slice(q, 2, t, t + 1), past, values, { causal: true });
      expect(bits(one), `t ${t}`).toEqual(bits(L.contiguous(L.slice(all, 2, t, t + 1))));
    }
  });

  for (const kind of ['rnn', 'lstm', 'gru'] as const) {
    for (const [b, i, h] of [
      [9, 1, 5],
      [21, 40, 33],
      [17, 7, 130],
    ]) {
      on(`${kind}, B ${b} I ${i} H ${h}`, (random) => {
        const width = { rnn: 1, lstm: 4, gru: 3 }[kind] * h;
        const [inputWeight, recurrentWeight] = [i, h].map((n) => L.normal([width, n], { random, std: 0.2 }));
        const weights = { inputWeight, recurrentWeight, inputBias: L.normal([width], { random }) };
        const layer = { rnn: L.rnn, lstm: L.lstm, gru: L.gru }[kind];
        rowsAlone(L.normal([b, 6, i], { random }), (rows) => layer(rows, weights).output, some(b));
      });
    }
  }

  for (const options of [
    {},
    { positions: 'rotary', norm: 'rmsNorm', mlp: 'swiglu', kvHeads: 2, bias: false },
  ] as const) {
    const name = 'norm' in options ? 'Llama' : 'GPT';
    const make = () => {
      const sizes = { vocabulary: 50, context: 40, layers: 2, heads: 4, width: 64 };
      return new GPT({ ...sizes, ...options }, { random: new Random(3) });
    };

    on(`a ${name}'s logits`, (random) => {
      const model = make();
      const ids = Array.from({ length: 5 }, () => Array.from({ length: 37 }, () => random.integer(50)));
      const rows = (list: number[][]) => L.tensor(Int32Array.from(list.flat()), { shape: [list.length, 37] });
      const all = model.forward(rows(ids));
      ids.forEach((row, i) => {
        expect(bits(model.forward(rows([row])))).toEqual(bits(L.contiguous(L.slice(all, 0, i, i + 1))));
      });
    });

    it(`a ${name} decoded from a cache gives the logits of the whole text`, async () => {
      const inBackend = <T>(fn: () => T): T => withBackend(backend, fn);
      const held = new L.Scope();
      const random = new Random(4);
      const model = inBackend(() => held.run(make));
      const text = Array.from({ length: 37 }, () => random.integer(50));
      const whole = inBackend(() =>
        held.run(() => model.forward(L.tensor(Int32Array.from(text), { shape: [1, text.length] })).dataSync()),
      );
      const decoder = model.decoder();
      for (let t = 0; t < text.length; t++) {
        const [logits] = await inBackend(() => decoder.feed([[text[t]]]));
        expect(Array.from(logits), `step ${t}`).toEqual(Array.from(whole.slice(t * 50, (t + 1) * 50)));
      }
      decoder.dispose();
      held.close();
    });
  }
});
