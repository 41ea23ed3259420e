/** Hands each request to a worker, where training belongs, and returns what it answers; peers run as they are meant to. */
import { measure as measureJax } from '../../peers/jaxjs.mjs';
import { measure as measureTensorflow } from '../../peers/tfjs.mjs';

interface PeerRequest {
  peer: 'jax-js' | 'tfjs';
  /** Where the folder node_modules of the peers is served. */
  from: string;
  threads: number;
  seconds: number;
  names: string[];
}

const classicScript = (src: string) =>
  new Promise((resolve, reject) => {
    document.head.append(Object.assign(document.createElement('script'), { src, onload: resolve, onerror: reject }));
  });

async function measurePeer({ peer, from, ...options }: PeerRequest): Promise<unknown[]> {
  const figures: unknown[] = [];
  if (peer === 'jax-js') {
    const jax = await import(/* @vite-ignore */ `${from}/@jax-js/jax/dist/index.js`);
    for await (const figure of measureJax(jax, options)) figures.push(figure);
    return figures;
  }
  await classicScript(`${from}/@tensorflow/tfjs/dist/tf.min.js`);
  const files = `${from}/@tensorflow/tfjs-backend-wasm/dist/`;
  await classicScript(`${files}tf-backend-wasm.min.js`);
  const { tf } = window as unknown as { tf: { wasm: unknown } };
  for await (const figure of measureTensorflow(tf, tf.wasm, { ...options, files })) figures.push(figure);
  return figures;
}

Object.assign(window, {
  measurePeer,
  measureInWorker: (request: unknown) =>
    new Promise((resolve) => {
      const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
      worker.onmessage = ({ data }) => {
        worker.terminate();
        resolve(data);
      };
      worker.onerror = (event) => resolve({ error: event.message });
      worker.postMessage(request);
    }),
});
