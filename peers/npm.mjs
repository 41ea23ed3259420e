/** A peer from npm in Node, one JSON object a line. usage: node npm.mjs jaxjs|tfjs FOLDER THREADS SECONDS NAME... */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [peer, folder, threads, seconds, ...names] = process.argv.slice(2);
const need = createRequire(join(folder, 'x.js'));
const packages = join(folder, 'node_modules');
const version = (name) => JSON.parse(readFileSync(join(packages, name, 'package.json'), 'utf8')).version;
const options = { threads: Number(threads), seconds: Number(seconds), names };

async function* figures() {
  if (peer === 'jaxjs') {
    yield { version: version('@jax-js/jax') };
    const { measure } = await import('./jaxjs.mjs');
    // Its workers count on a browser's navigator, which Node 20 lacks.
    globalThis.navigator ??= { hardwareConcurrency: options.threads };
    yield* measure(await import(pathToFileURL(join(packages, '@jax-js/jax/dist/index.js')).href), options);
    return;
  }
  yield { version: version('@tensorflow/tfjs') };
  const { measure } = await import('./tfjs.mjs');
  const files = join(packages, '@tensorflow/tfjs-backend-wasm/dist/');
  yield* measure(need('@tensorflow/tfjs'), need('@tensorflow/tfjs-backend-wasm'), { ...options, files });
}

for await (const figure of figures()) console.log(JSON.stringify(figure));
process.exit(0);
