/** `lookback ngram FILE`: what counting gives, order by order, and where it ends; a heat map, samples, a stored model. */
import { type Command, Option } from 'commander';
import { loadTokenizer, resolveText, tokenizerNames } from '../../data/node.ts';
import { LookbackError } from '../../errors.ts';
import { heatmap } from '../../figures/heatmap.ts';
import { Random } from '../../random.ts';
import {
  bigrams,
  encodePlain,
  encodeUtf8,
  isNgramFile,
  type NgramModel,
  type NgramReport,
  type NgramSmoothing,
  type NgramText,
  type NgramUnit,
  ngramSmoothings,
  possibleNgrams,
  readNgrams,
  reportNgrams,
  sample,
  splitText,
  type Tokenizer,
  tokenizerFromJSON,
  WordTokenizer,
  writeNgrams,
} from '../../text/index.ts';
import { readBytes, writeChunksAtomic, writeFileAtomic } from '../../track/node.ts';
import { number, whole } from '../numbers.ts';
import { PhaseLine } from '../phaseLine.ts';
import { formatCount } from '../terminal/format.ts';
import { table } from '../terminal/table.ts';
import { colours, type Terminal } from '../terminal/terminal.ts';

interface NgramCommandOptions {
  order: number;
  smoothing: NgramSmoothing;
  k: number;
  unit: NgramUnit;
  tokenizer?: string;
  lines?: boolean;
  heldOut: number;
  heatmap?: string;
  sample?: number;
  prompt?: string;
  seed: number;
  save?: string;
  json?: boolean;
}

const examples = `
Examples:
  lookback ngram tinyshakespeare --order 5
  lookback ngram names.txt --lines --order 2 --smoothing maximum-likelihood --heatmap bigrams.svg --held-out 0
  lookback ngram book.txt --order 6 --sample 300 --prompt "The "
  lookback ngram book.txt --unit words --order 3 --json
  lookback ngram book.txt --tokenizer gpt2 --order 3
  lookback ngram book.txt --order 6 --save book.ngram && lookback ngram book.ngram --sample 300`;

export function register(program: Command, terminal: Terminal): void {
  program
    .command('ngram')
    .argument('<file>', 'a text, the name of one (see `lookback data`), or a model made with --save')
    .description('count n-grams: loss by order, a heat map of pairs, samples, and why counting ends')
    .option('--order <n>', 'longest n-gram, 1 to 9', whole(1), 5)
    .addOption(
      new Option('--smoothing <name>', 'how unseen n-grams get their share')
        .choices(ngramSmoothings)
        .default('kneser-ney'),
    )
    .option('--k <number>', 'what add-k adds to every count', number(0), 1)
    .addOption(new Option('--unit <name>', 'what a token is').choices(['characters', 'words']).default('characters'))
    .addOption(
      new Option('--tokenizer <name>', `tokens of a tokenizer: ${tokenizerNames.join(', ')}, or a path`).conflicts(
        'unit',
      ),
    )
    .option('--lines', 'each line is a text of its own, its end is predicted too')
    .option('--held-out <share>', 'share of the text at its end to score on, 0 to 0.9', number(0, 0.9), 0.1)
    .option('--heatmap <file.svg>', 'write the pairs: first token down, second across')
    .option('--sample <tokens>', 'draw so many tokens', whole(1))
    .option('--prompt <text>', 'what the sample continues')
    .option('--seed <number>', 'of the sample', whole(0), 1)
    .option('--save <file>', 'store the counts')
    .option('--json', 'print one JSON object')
    .addHelpText('after', examples)
    .action((file: string, options: NgramCommandOptions) => ngram(file, options, terminal));
}

async function ngram(file: string, options: NgramCommandOptions, terminal: Terminal): Promise<void> {
  if (options.order > 9) {
    throw new LookbackError('USAGE', { where: '--order', expected: '1 to 9', got: String(options.order) });
  }
  if (options.heatmap && options.order < 2) {
    throw new LookbackError('USAGE', { where: '--heatmap', expected: '--order 2 or more', got: '--order 1' });
  }
  const stored = openStored(file);
  if (stored) {
    const text = drawn(stored.model, stored.tokenizer, stored.model.weights.counts.boundary, {
      ...options,
      sample: options.sample ?? 200,
    });
    if (options.json) terminal.write(`${JSON.stringify({ file, sample: text })}\n`);
    else terminal.write(`${text}\n`);
    return;
  }
  const { text } = await resolveText(file);
  if (text.includes('\0')) {
    throw new LookbackError('DATA_INVALID', {
      where: file,
      expected: 'a text',
      got: 'a file with zero bytes, which is none',
    });
  }
  const { split, report } = counted(text, options, terminal);
  const tokenizer = split.tokenizer;
  if (options.heatmap) writeFileAtomic(options.heatmap, await drawHeatmap(report, split, file));
  if (options.save) writeChunksAtomic(options.save, writeNgrams(report.model, { tokenizer: tokenizer.toJSON() }));
  const written = options.sample
    ? drawn(report.model, tokenizer, split.boundary, { ...options, sample: options.sample })
    : undefined;
  if (options.json) {
    const { vocabularySize, train, heldOut, from } = split;
    const unit = options.tokenizer === undefined ? { unit: options.unit } : { tokenizer: options.tokenizer };
    const facts = { file, ...unit, smoothing: options.smoothing, vocabularySize };
    const sizes = { trainTokens: train.length - from, heldOutTokens: Math.max(0, heldOut.length - from) };
    const bytes = heldOutBytes(split);
    const orders = report.rows.map((row) => ({ ...row, bitsPerByte: bitsPerByte(row.heldOut, split, bytes) }));
    terminal.write(`${JSON.stringify({ ...facts, ...sizes, orders, sample: written }, null, 2)}\n`);
    return;
  }
  terminal.write(reportText(report, split, options, terminal));
  if (written !== undefined) terminal.write(`\n${written}\n`);
  for (const path of [options.heatmap, options.save]) if (path) terminal.write(`\nwrote ${path}\n`);
}

/** Splits, counts and scores; on a terminal with the phase, its rate and the time left. */
function counted(text: string, options: NgramCommandOptions, terminal: Terminal) {
  const line = new PhaseLine(terminal, options);
  try {
    line.update({ phase: `${formatCount(text.length)} characters read, making tokens` });
    const tokenizer = options.tokenizer === undefined ? undefined : loadTokenizer(options.tokenizer);
    const split = splitText(text, { ...options, tokenizer });
    const report = reportNgrams(split, {
      ...options,
      onProgress: ({ phase, order, done, total }) => {
        // Longer n-grams take longer, so the rate is that of the order being counted.
        if (order === undefined) line.update({ phase, done, total, unit: 'tokens' });
        else line.update({ phase: `${phase}, order ${order} of ${options.order}`, done, total, unit: 'n-grams' });
      },
    });
    return { split, report };
  } finally {
    line.clear();
  }
}

function openStored(file: string): { model: NgramModel; tokenizer: Tokenizer } | undefined {
  if (!/\.ngram$/.test(file)) return undefined;
  const bytes = readBytes(file);
  if (!isNgramFile(bytes)) return undefined;
  const { model, about } = readNgrams(bytes, file);
  const { tokenizer } = (about ?? {}) as { tokenizer?: { type?: string } };
  const read =
    tokenizer?.type === 'word' ? WordTokenizer.fromJSON(tokenizer) : tokenizerFromJSON(tokenizer, `${file}: tokenizer`);
  const { boundary, vocabularySize } = model.weights.counts;
  if (read.vocabularySize + (boundary === undefined ? 0 : 1) !== vocabularySize) {
    throw new LookbackError('FILE_INVALID', {
      where: file,
      expected: `a tokenizer of the model's ${vocabularySize} tokens`,
      got: `one of ${read.vocabularySize}`,
    });
  }
  return { model, tokenizer: read };
}

/** A sample; with lines, the boundary is a line break. */
function drawn(
  model: NgramModel,
  tokenizer: Tokenizer,
  boundary: number | undefined,
  { sample: length, prompt = '', seed }: { sample: number; prompt?: string; seed: number },
): string {
  const random = new Random(seed, 'ngram sample');
  const start = boundary === undefined ? [] : [boundary];
  const ids = sample(model, () => random.uniform(), length, [...start, ...encodePlain(tokenizer, prompt)]);
  // A character may lie across tokens, so what is between boundaries is decoded together.
  let text = prompt;
  for (let from = 0; from <= ids.length; ) {
    const end = boundary === undefined ? -1 : ids.indexOf(boundary, from);
    text += tokenizer.decode(ids.subarray(from, end < 0 ? ids.length : end));
    if (end < 0) break;
    text += '\n';
    from = end + 1;
  }
  return text;
}

/** UTF-8 bytes behind the tokens that are scored; a boundary is a line break, one byte. */
function heldOutBytes({ tokenizer, heldOut, from, boundary }: NgramText): number {
  const ids = heldOut.subarray(from);
  const inside = boundary === undefined ? ids : ids.filter((id) => id !== boundary);
  return encodeUtf8(tokenizer.decode(inside)).length + ids.length - inside.length;
}

function bitsPerByte(nats: number | undefined, { heldOut, from }: NgramText, bytes: number): number | undefined {
  return nats === undefined || bytes === 0 ? undefined : (nats / Math.LN2) * ((heldOut.length - from) / bytes);
}

/** A token as a heat map or a table shows it. */
function shown(id: number, { tokenizer, boundary }: NgramText): string {
  if (id === boundary) return '.';
  const text = tokenizer.decode([id]);
  return text === ' ' ? '␣' : text === '\n' ? '⏎' : text === '\t' ? '⇥' : text;
}

function drawHeatmap({ counts }: NgramReport, split: NgramText, file: string): Promise<string> {
  const { ids, counts: pairs, totals } = bigrams(counts);
  const names = ids.map((id) => shown(id, split));
  const share = Float64Array.from(pairs, (count, i) => count / Math.max(1, totals[Math.floor(i / ids.length)]));
  return heatmap({
    title: `Which follows which: pairs in ${file.split(/[/\\]/).pop()}`,
    subtitle: `P(second | first): first down, second across; ${formatCount(split.train.length)} tokens counted`,
    rows: names,
    columns: names,
    values: share,
    describe: (i, j) =>
      `${names[i]}${names[j]}: ${pairs[i * ids.length + j]} times, ${(100 * share[i * ids.length + j]).toFixed(2)} %`,
  });
}

function reportText({ rows }: NgramReport, split: NgramText, options: NgramCommandOptions, terminal: Terminal): string {
  const ink = colours(terminal.colour);
  const { vocabularySize: V, train, from } = split;
  const tokens = train.length - from;
  const scores = options.smoothing === 'stupid-backoff';
  const nats = (value: number | undefined) => (value === undefined ? '' : value === Infinity ? '∞' : value.toFixed(5));
  const best = rows.reduce((low, row, i) => ((row.heldOut ?? Infinity) < (rows[low].heldOut ?? Infinity) ? i : low), 0);
  const lines = table({
    columns: ['order', 'seen', 'once', 'possible', 'train nats', 'held-out nats', 'perplexity'],
    rows: rows.map((row) => [
      row.order,
      row.seen.toLocaleString('en'),
      `${((100 * row.once) / row.seen).toFixed(0)} %`,
      row.possible < 1e7 ? row.possible.toLocaleString('en') : row.possible.toExponential(2).replace('e+', 'e'),
      nats(row.train),
      nats(row.heldOut),
      row.perplexity === undefined || scores ? '' : row.perplexity === Infinity ? '∞' : row.perplexity.toPrecision(4),
    ]),
    highlight: rows[best].heldOut === undefined || scores ? undefined : best,
    colour: terminal.colour,
  });
  const large = possibleNgrams(50_000, 4)
    .map((count, i) => `50,000${i === 0 ? '' : '²³⁴'[i - 1]} = ${i === 0 ? '50 thousand' : count.toExponential(2)}`)
    .slice(1);
  const last = rows[rows.length - 1];
  const bits = scores ? undefined : bitsPerByte(rows[best].heldOut, split, heldOutBytes(split));
  return [
    ink.bold(
      `${options.smoothing}, ${formatCount(tokens)} tokens to train on, vocabulary ${V.toLocaleString('en')}\n\n`,
    ),
    lines,
    bits === undefined
      ? ''
      : `\nLowest held out: order ${rows[best].order}, ${bits.toFixed(3)} bits per byte of text.\n`,
    scores ? '\nStupid backoff gives scores that do not sum to 1: its nats are no cross-entropy.\n' : '',
    '\nWhy counting ends: ',
    `${V.toLocaleString('en')} tokens make ${last.possible.toExponential(2)} sequences of ${last.order}, and this text has ${formatCount(tokens)} places for one. `,
    `With a vocabulary of 50,000: ${large.join(', ')}; a crawl of the web has some 10¹³ tokens.\n`,
  ].join('');
}
