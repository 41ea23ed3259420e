import { describe, expect, it } from 'vitest';
import { availableBackends } from '../../../tests/backends.ts';
import { withBackend } from '../../backends/backend.ts';
import { Random } from '../../random.ts';
import { feedForward, linear, normal, scope, square, sum, type Tensor, valueAndGrad } from '../index.ts';

const backends = (await availableBackends()).filter(({ backend }) => backend.kind === 'cpu');

describe('feedForward', () => {
  it.each(backends.map(({ name, backend }) => [name, backend] as const))(
    '%s: the bits of two linears',
    (_, backend) => {
      withBackend(backend, () =>
        scope(() => {
          const random = new Random(5, 'feedForward');
          const shapes = [[37, 19], [70, 19], [19, 70], [70], [19]];
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
