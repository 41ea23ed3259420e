/**
 * word2vec beside gensim: words a second on the same sentences at equal settings, two threads each, in turns.
 *
 *   npx tsx bench/word2vec.ts TEXT [PYTHON]
 *
 * TEXT is a file; PYTHON (default python3) has gensim. Both train 2 epochs, three times; best and all are printed.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createBackend } from '../src/backends/init.ts';
import { buildCorpus, sentencesOf, trainWord2Vec } from '../src/vectors/index.ts';

const [path, python = 'python3'] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'lookback-word2vec-'));
try {
  const sentences = [...sentencesOf(readFileSync(path, 'utf8'))];
  const file = join(folder, 'sentences.txt');
  writeFileSync(file, sentences.map((words) => `${words.join(' ')}\n`).join(''));
  const corpus = buildCorpus(sentences);
  const backend = await createBackend({ threads: 2 });
  const peer = fileURLToPath(new URL('peers/gensim_train.py', import.meta.url));
  const rates: Record<string, number[]> = { lookback: [], gensim: [] };
  for (let turn = 0; turn < 3; turn++) {
    const { seconds } = await trainWord2Vec(corpus, { epochs: 2, backend });
    rates.lookback.push((corpus.rawWords * 2) / seconds);
    const said = execFileSync(python, [peer, file, '--epochs', '2', '--workers', '2'], { encoding: 'utf8' });
    rates.gensim.push(JSON.parse(said).wordsPerSecond);
  }
  for (const [name, all] of Object.entries(rates)) {
    console.log(`${name}: ${Math.round(Math.max(...all))} words/s (${all.map(Math.round).join(', ')})`);
  }
  console.log(`ratio of the best: ${(Math.max(...rates.lookback) / Math.max(...rates.gensim)).toFixed(2)}`);
} finally {
  rmSync(folder, { recursive: true });
}
