/**
 * word2vec beside gensim on the same sentences at equal settings (100 dimensions, window 5, negative 5), two threads each.
 *
 *   npx tsx bench/word2vec.ts TEXT [PYTHON]                            words a second: 2 epochs, three times, in turns
 *   npx tsx bench/word2vec.ts TEXT [PYTHON] --quality cbow --seeds 11-15   analogies and similarities, 10 epochs a seed
 *
 * TEXT is a file; PYTHON (default python3) has gensim. The tests are Google's questions-words.txt and WS-353, looked for
 * in LOOKBACK_DATA. With five seeds or so the answer is a mean and a deviation, not a ranking.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createBackend } from '../src/backends/init.ts';
import { findFile } from '../src/data/resolve.node.ts';
import {
  buildCorpus,
  parseAnalogies,
  parseSimilarities,
  readVectors,
  scoreAnalogies,
  scoreSimilarities,
  sentencesOf,
  trainWord2Vec,
  type WordVectors,
} from '../src/vectors/index.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quality: { type: 'string' },
    seeds: { type: 'string', default: '1-5' },
    epochs: { type: 'string', default: '10' },
  },
});
const [path, python = 'python3'] = positionals;
const folder = mkdtempSync(join(tmpdir(), 'lookback-word2vec-'));
try {
  const sentences = [...sentencesOf(readFileSync(path, 'utf8'))];
  const file = join(folder, 'sentences.txt');
  writeFileSync(file, sentences.map((words) => `${words.join(' ')}\n`).join(''));
  const corpus = buildCorpus(sentences);
  const backend = await createBackend({ threads: 2 });
  const peer = fileURLToPath(new URL('peers/gensim_train.py', import.meta.url));
  const gensim = (...words: string[]): number =>
    JSON.parse(execFileSync(python, [peer, file, '--workers', '2', ...words], { encoding: 'utf8' })).wordsPerSecond;
  if (values.quality) await compareQuality(values.quality === 'cbow' ? 'cbow' : 'skip-gram');
  else await compareSpeed();

  async function compareSpeed(): Promise<void> {
    const rates: Record<string, number[]> = { lookback: [], gensim: [] };
    for (let turn = 0; turn < 3; turn++) {
      const { seconds } = await trainWord2Vec(corpus, { epochs: 2, backend });
      rates.lookback.push((corpus.rawWords * 2) / seconds);
      rates.gensim.push(gensim('--epochs', '2'));
    }
    for (const [name, all] of Object.entries(rates)) {
      console.log(`${name}: ${Math.round(Math.max(...all))} words/s (${all.map(Math.round).join(', ')})`);
    }
    console.log(`ratio of the best: ${(Math.max(...rates.lookback) / Math.max(...rates.gensim)).toFixed(2)}`);
  }

  async function compareQuality(model: 'cbow' | 'skip-gram'): Promise<void> {
    const questions = parseAnalogies(readFileSync(findFile('questions-words.txt') ?? 'questions-words.txt', 'utf8'));
    const pairs = parseSimilarities(readFileSync(findFile('EN-WS-353-ALL.txt') ?? 'EN-WS-353-ALL.txt', 'utf8'));
    const score = (vectors: WordVectors): [right: number, correlation: number] => [
      scoreAnalogies(vectors, questions, { backend }).reduce((sum, { right }) => sum + right, 0),
      scoreSimilarities(vectors, pairs).correlation,
    ];
    const [first, last = first] = values.seeds.split('-').map(Number);
    const scores: Record<string, [number, number][]> = { lookback: [], gensim: [] };
    const saved = join(folder, 'gensim.bin');
    for (let seed = first; seed <= last; seed++) {
      const { vectors } = await trainWord2Vec(corpus, { epochs: Number(values.epochs), model, seed, backend });
      scores.lookback.push(score(vectors));
      const kind = model === 'cbow' ? ['--cbow'] : [];
      gensim('--epochs', values.epochs, '--seed', String(seed), '--save', saved, ...kind);
      scores.gensim.push(score(readVectors(readFileSync(saved))));
      const shown = Object.entries(scores).map(([name, all]) => `${name} ${all.at(-1)?.map((x) => +x.toFixed(4))}`);
      console.log(`seed ${seed}: ${shown.join('; ')}`);
    }
    const [ours, theirs] = [scores.lookback, scores.gensim].map((all) => all.map(([right]) => right)).map(spread);
    console.log(
      `${model}, ${values.epochs} epochs, analogies right: ours ${shownSpread(ours)}, gensim ${shownSpread(theirs)}`,
    );
    console.log(`(ours - gensim's) / gensim's deviation: ${((ours.mean - theirs.mean) / theirs.deviation).toFixed(2)}`);
    const [we, they] = [scores.lookback, scores.gensim].map((all) => all.map(([, c]) => c)).map(spread);
    console.log(`WS-353, Spearman: ours ${shownSpread(we, 4)}, gensim ${shownSpread(they, 4)}`);
  }
} finally {
  rmSync(folder, { recursive: true });
}

interface Spread {
  mean: number;
  deviation: number;
}

function spread(all: number[]): Spread {
  const mean = all.reduce((sum, x) => sum + x, 0) / all.length;
  return { mean, deviation: Math.sqrt(all.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (all.length - 1)) };
}

function shownSpread({ mean, deviation }: Spread, digits = 1): string {
  return `${mean.toFixed(digits)} ± ${deviation.toFixed(digits)}`;
}
