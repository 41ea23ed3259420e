import { describe, expect, it } from 'vitest';
import { availableBackends } from '../../../tests/backends.ts';
import { withBackend } from '../../backends/backend.ts';
import { Random } from '../../random.ts';
import { feedForward, linear, normal, scope, square, sum, type Tensor, valueAndGrad } from '../index.ts';

const backends = (await availableBackends()).filter(({ backend }) => backend.kind === 'cpu');

describe('feedForward', () => {
  // a hidden layer of 2^20 elements is made again on the way back, a smaller one is kept
  const sizes = [
    [37, 19, 70],
    [1024, 3, 1030],
  ];
  it.each(backends.flatMap(({ name, backend }) => sizes.map((size) => [name, size, backend] as const)))(
    '%s, %j: the bits of two linears',
    (_, [m, c, n], backend) => {
      withBackend(backend, () =>
        scope(() => {
          const random = new Random(5, 'feedForward');
          const shapes = [[m, c], [n, c], [c, n], [n], [c]];
          const inputs = shapes.map((shape, i) => normal(shape, { random: random.split(String(i)) }));
          const [x, w1, w2, b1, b2] = inputs;
          const bits = (forward: () => Tensor) => {
            const { value, grads } = valueAndGrad(inputs, () => sum(square(forward())));
            return [value, ...grads.values()].map((one) => [...one.dataSync()]);
          };
          const once = bits(() => feedForward(x, { weight: w1, bias: b1 }, { weight: w2, bias: b2 }));
          expect(once).toEqual(bits(() => linear(linear(x, w1, b1, { activation: 'gelu' }), w2, b2)));
        }),
      );
    },
  );
});
