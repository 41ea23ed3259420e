/** Measures one training step in the browser; who else computes is watched from outside. */
import { init } from '../../src/backends/init.ts';
import { measureLimits } from '../../src/bench/limits.ts';
import { train } from '../../src/bench/train.ts';

self.onmessage = async ({ data: { name, backend, threads, seconds } }: MessageEvent) => {
  try {
    const { threads: started } = await init({ backend, threads });
    const options = { seconds, meter: () => () => () => 0 };
    const limits = measureLimits({ ...options, seconds: 0.5 });
    const entry = train.find((one) => one.name === name);
    self.postMessage({ figure: entry?.run({ limits, options }), threads: started });
  } catch (error) {
    self.postMessage({ error: String((error as Error).stack ?? error) });
  }
};
