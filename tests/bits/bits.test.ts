/** The same run gives the same bits: for any number of threads, instruction set, native or WebAssembly. */
import { describe, expect, it } from 'vitest';
import { availableBackends } from '../backends.ts';
import { type Trained, trainAndHash } from './train.ts';

const backends = await availableBackends();
const fusing = (['native-avx512', 'native-avx2', 'native-neon', 'wasm-relaxed'] as const).filter((name) =>
  backends.some((found) => found.name === name && (found.backend as { fused?: boolean }).fused),
);

/** Those that cannot fuse: plain x64 and simd128. */
const unfused = (['native-baseline', 'wasm-simd128'] as const).filter((name) =>
  backends.some((found) => found.name === name),
);
/** Largest difference of their f32 parameters after 20 steps. */
const toleranceUnfused = 2e-3;

describe('twenty training steps', async () => {
  const first = fusing[0];
  const truth: Trained | undefined = first && (await trainAndHash(first, 1));

  for (const name of fusing) {
    for (const threads of [1, 2, 3]) {
      it(`${name} on ${threads} threads gives the bits of ${first} on 1`, async () => {
        const trained = await trainAndHash(name, threads);
        expect(trained.threads).toBe(threads);
        expect({ lstm: trained.lstm, gpt: trained.gpt }).toEqual({ lstm: truth?.lstm, gpt: truth?.gpt });
      });
    }
  }

  it.skipIf(!truth).each(unfused)(`%s, which cannot fuse, agrees to ${toleranceUnfused}`, async (name) => {
    const { values } = await trainAndHash(name, 2);
    const worst = values.reduce((most, value, i) => Math.max(most, Math.abs(value - (truth?.values[i] ?? 0))), 0);
    expect(worst).toBeGreaterThan(0);
    expect(worst).toBeLessThan(toleranceUnfused);
  });
});
