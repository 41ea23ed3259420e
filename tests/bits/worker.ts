/** The browser's side of the bit-equality test: trains in a worker when told to. */
import { trainAndHash } from './train.ts';

self.onmessage = async ({ data }: MessageEvent) => {
  try {
    self.postMessage({ trained: await trainAndHash(data.backend, data.threads) });
  } catch (error) {
    self.postMessage({ error: String((error as Error).stack ?? error) });
  }
};
