/** LSTM and GRU training in TensorFlow.js on WebAssembly, in Node or in a page. */
import { burst } from './burst.mjs';

/** A figure for each of `names` that this peer has, in steps/s; `files` is where the backend's .wasm files lie. */
export async function* measure(tf, wasm, { files, threads, seconds, names }) {
  wasm.setWasmPaths(files);
  wasm.setThreadsCount(threads);
  await tf.setBackend('wasm');
  await tf.ready();
  for (const name of names) {
    const [, kind, inputs, hidden, steps, batch] = /^train\/(lstm|gru)-(\d+)-(\d+)-(\d+)-(\d+)$/.exec(name) ?? [];
    // tfjs lacks the gradient of an embedding in WebAssembly, and takes minutes for the widest layer.
    if (!kind || Number(hidden) > 256) continue;
    const model = tf.sequential();
    const shape = { units: Number(hidden), inputShape: [Number(steps), Number(inputs)] };
    model.add(kind === 'lstm' ? tf.layers.lstm(shape) : tf.layers.gru(shape));
    model.add(tf.layers.dense({ units: 1 }));
    model.compile({ optimizer: tf.train.adam(1e-3), loss: 'meanSquaredError' });
    const x = tf.randomNormal([Number(batch), Number(steps), Number(inputs)]);
    const y = tf.randomNormal([Number(batch), 1]);
    yield { name, ...(await burst(() => model.trainOnBatch(x, y), seconds)) };
  }
}
