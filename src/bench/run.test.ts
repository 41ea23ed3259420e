import { beforeAll, describe, expect, it } from 'vitest';
import { init } from '../backends/init.ts';
import { kernels } from './kernels.ts';
import { bench } from './run.node.ts';

describe('lookback bench', () => {
  beforeAll(() => init());

  it('measures every kind of kernel, both ways, each beside a limit', () => {
    const names = kernels.map(({ name }) => name);
    const kinds = [
      ...['nn', 'nt', 'tn'].map((layout) => `gemm-1024x1024x1024-${layout}`),
      ...['attention', 'layer-norm', 'rms-norm', 'softmax', 'cross-entropy', 'rnn', 'lstm', 'gru'].flatMap((kind) => [
        new RegExp(`kernels/${kind}-.*-forward`),
        new RegExp(`kernels/${kind}-.*-backward`),
      ]),
      'kernels/adamw-',
    ];
    for (const kind of kinds)
      expect(
        names.some((name) => name.match(kind)),
        String(kind),
      ).toBe(true);
    expect(new Set(names).size).toBe(names.length);
  });

  it('--only picks by parts of names and gives a figure with its limit', () => {
    const only = ['gemm-64x128x512-nn', 'lstm-1-32-12-32-backward'];
    const figures = bench({ topics: ['kernels'], names: only, seconds: 0.05 });
    expect(figures.map(({ name }) => name)).toEqual(only.map((name) => expect.stringContaining(name)));
    for (const { best, median, limit, unit } of figures) {
      expect(unit).toBe('GFLOP/s');
      expect(best).toBeGreaterThanOrEqual(median);
      expect(limit).toBeGreaterThan(0);
    }
  });

  it('refuses a name that no figure contains, and lists those there are', () => {
    const wrong = () => bench({ topics: ['kernels'], names: ['gemm', 'matmul'] });
    expect(wrong).toThrow(expect.objectContaining({ code: 'USAGE' }));
    expect(wrong).toThrow(/gemm-1024x1024x1024-nn.*got "matmul"/s);
  });
});
