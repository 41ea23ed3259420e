/**
 * `npm run bench [-- topic…] [--json] [--peers]`: figures of this machine now, best and median. With --peers PyTorch
 * (python3 with torch) runs the same training shapes in turn with ours, and the ratio is printed.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { getBackend } from '../src/index.ts';
import { kernels } from './kernels.ts';
import type { Figure } from './measure.ts';
import { train } from './train.ts';

const topics = { kernels, train } as const;
const words = process.argv.slice(2);
const asJson = words.includes('--json');
const chosen = words.filter((word) => !word.startsWith('--'));
const unknown = chosen.filter((word) => !(word in topics));
if (unknown.length > 0) {
  console.error(`error: no topic ${unknown.join(', ')}; there are ${Object.keys(topics).join(', ')}`);
  process.exit(2);
}

/**
 * PyTorch's median figures by name, or none where it is not installed. OpenBLAS does not always know the processor, so
 * it runs as it chooses and told to use either of its AVX-512 kernels, with threads that wait passively (spinning ones
 * fight over two cores), and the best figure of all counts.
 */
function peers(): Map<string, number> {
  const script = fileURLToPath(new URL('./peers/torch_train.py', import.meta.url));
  const { OPENBLAS_CORETYPE: _, OPENBLAS_L2_SIZE: __, ...env } = process.env;
  const threads = String(getBackend().threads);
  const shared = { ...env, OMP_WAIT_POLICY: 'passive', OMP_NUM_THREADS: threads, OPENBLAS_NUM_THREADS: threads };
  const best = new Map<string, number>();
  for (const kernel of [{}, { OPENBLAS_CORETYPE: 'SkylakeX' }, { OPENBLAS_CORETYPE: 'SapphireRapids' }]) {
    const options = { encoding: 'utf8', env: { ...shared, ...kernel } } as const;
    const { stdout, status } = spawnSync('/usr/bin/python3', [script, threads], options);
    if (status !== 0) console.error('peers: /usr/bin/python3 with torch did not run');
    for (const line of (stdout ?? '').split('\n')) {
      if (!line.startsWith('{')) continue;
      const { name, median } = JSON.parse(line) as Figure;
      best.set(name, Math.max(median, best.get(name) ?? 0));
    }
  }
  return best;
}

const theirs = words.includes('--peers') ? peers() : new Map<string, number>();
if (!asJson) console.log(`${getBackend().name}, ${getBackend().threads} threads, Node ${process.version}`);
for (const [topic, entries] of Object.entries(topics)) {
  if (chosen.length > 0 && !chosen.includes(topic)) continue;
  for (const entry of entries) {
    const figure = entry();
    const peer = theirs.get(figure.name);
    if (asJson) console.log(JSON.stringify({ ...figure, peer }));
    else {
      const ratio = peer ? `  ${(figure.median / peer).toFixed(2)} x PyTorch's ${peer.toPrecision(3)}` : '';
      const shown = (value: number) => value.toPrecision(4).padStart(9);
      console.log(
        `${figure.name.padEnd(26)} best ${shown(figure.best)}  median ${shown(figure.median)} ${figure.unit}${ratio}`,
      );
    }
  }
}
