/** Clipping of all gradients together by their Euclidean norm (Pascanu, Mikolov, Bengio 2013). */
import { addressOf, type Implementation } from '../backends/backend.ts';
import { LookbackError } from '../errors.ts';
import { unscoped } from '../tensor/scope.ts';
import { allocate, type Tensor } from '../tensor/tensor.ts';
import type { Transform } from './transform.ts';

const sumSquares: Implementation<undefined> = {
  name: 'sumSquares',
  reference: ([x], [out]) => {
    let sum = 0;
    for (let i = 0; i < x.data.length; i++) sum += x.data[i] * x.data[i];
    out.data[0] = sum;
  },
  cpu: (kernels, [x], [out]) => kernels.sumSquares(addressOf(out), addressOf(x), x.size),
};

const clipScale: Implementation<number> = {
  name: 'clipScale',
  reference: ([sum], [out], maximum) => {
    const norm = Math.sqrt(sum.data[0]);
    out.data[0] = Math.min(1, maximum / (norm + 1e-6));
    out.data[1] = norm;
  },
  cpu: (kernels, [sum], [out], maximum) => kernels.clipScale(addressOf(out), addressOf(sum), maximum),
};

/**
 * Scales all gradients by min(1, maximum / (norm + 1e-6)) where norm is that of all of them together, as PyTorch's
 * clip_grad_norm_ does. The factor is folded into the update that follows; `maximum = Infinity` measures only.
 *
 * @throws LookbackError BAD_ARGUMENT unless maximum > 0.
 */
export function clipByGlobalNorm(maximum: number): Transform {
  if (!(maximum > 0)) {
    throw new LookbackError('BAD_ARGUMENT', {
      where: 'clipByGlobalNorm',
      expected: 'a maximum > 0',
      got: String(maximum),
    });
  }
  // [scale, norm] and the sum of squares
  let result: Tensor | undefined;
  let sum: Tensor | undefined;
  let scale: Tensor | undefined;
  let norm: Tensor | undefined;
  const dispose = () => {
    for (const tensor of [result, sum, scale, norm]) tensor?.dispose();
  };
  return {
    name: 'clipByGlobalNorm',
    init({ values: { backend } }) {
      dispose();
      unscoped(() => {
        sum = allocate([1], 'f32', backend);
        result = allocate([2], 'f32', backend);
        scale = result.view([1], [1], 0);
        norm = result.view([1], [1], 1);
      });
    },
    update(context) {
      if (!sum || !result) return;
      const { backend } = context.gradients;
      backend.run(sumSquares, [context.gradients], [sum], undefined);
      backend.run(clipScale, [sum], [result], maximum);
      context.scale = scale;
      context.norm = norm;
      if (norm) context.onNorm?.(norm);
    },
    state: () => new Map(),
    dispose,
  };
}
