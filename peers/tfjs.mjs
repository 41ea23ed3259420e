/** LSTM training in TensorFlow.js on WebAssembly: one JSON object a line. usage: node tfjs.mjs FOLDER THREADS SECONDS NAME... */
import { createRequire } from 'node:module';
import { join } from 'node:path';

const [folder, threads, seconds, ...names] = process.argv.slice(2);
const need = createRequire(join(folder, 'x.js'));
const tf = need('@tensorflow/tfjs');
const wasm = need('@tensorflow/tfjs-backend-wasm');
wasm.setWasmPaths(join(folder, 'node_modules/@tensorflow/tfjs-backend-wasm/dist/'));
wasm.setThreadsCount(Number(threads));
await tf.setBackend('wasm');
await tf.ready();
console.log(JSON.stringify({ version: tf.version.tfjs }));

async function measure(step) {
  await step();
  const times = [];
  const end = performance.now() + Number(seconds) * 1000;
  while (performance.now() < end || times.length < 3) {
    const start = performance.now();
    await step();
    times.push((performance.now() - start) / 1000);
  }
  times.sort((a, b) => a - b);
  return { best: 1 / times[0], median: 1 / times[times.length >> 1] };
}

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
  try {
    console.log(JSON.stringify({ name, ...(await measure(() => model.trainOnBatch(x, y))) }));
  } catch (error) {
    console.error(`${name}: ${error.message}`);
  }
}
process.exit(0);
