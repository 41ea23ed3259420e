/** `lookback data prepare FILES --tokenizer …`: a corpus as shards of token ids. */
import type { Command } from 'commander';
import { openShards } from '../../data/shardReader.node.ts';
import { prepareShards } from '../../data/shards.node.ts';
import { loadTokenizer, tokenizerNames } from '../../data/tokenizers.node.ts';
import { number, whole } from '../numbers.ts';
import { PhaseLine } from '../phaseLine.ts';
import { formatCount } from '../terminal/format.ts';
import { table } from '../terminal/table.ts';
import type { Terminal } from '../terminal/terminal.ts';

interface PrepareCommandOptions {
  tokenizer: string;
  out: string;
  validation: number;
  partTokens: number;
  field?: string;
  separator?: string;
  threads?: number;
  json?: boolean;
}

const examples = `
Examples:
  lookback data prepare books/*.txt --tokenizer gpt2 --out shards
  lookback data prepare web.jsonl.gz --field content --tokenizer ./tokenizer.json --out shards

Run it again after it was stopped, and it goes on with the next part.
Tokenizers: ${tokenizerNames.join(', ')}, or a path.`;

export function register(program: Command, terminal: Terminal): void {
  const data = program.command('data').description('prepare texts for training');
  data
    .command('prepare')
    .argument('<files...>', '.txt, .jsonl, either with .gz, or .parquet')
    .description('encode documents once, into shards of token ids')
    .requiredOption('--tokenizer <name>', 'name or path of the tokenizer')
    .option('--out <folder>', 'where the shards go', 'shards')
    .option('--validation <share>', 'share of documents held out, by a hash of their text', number(0, 1), 0.01)
    .option('--part-tokens <count>', 'tokens in one part', whole(1), 1 << 24)
    .option('--field <name>', 'field or column of the text (default: text)')
    .option('--separator <text>', 'what stands between documents of a .txt file')
    .option('--threads <count>', 'threads that encode (default: all); the result is the same', whole(1))
    .option('--json', 'print one JSON object')
    .addHelpText('after', examples)
    .action((files: string[], options: PrepareCommandOptions) => prepare(files, options, terminal));
}

async function prepare(files: string[], options: PrepareCommandOptions, terminal: Terminal): Promise<void> {
  const { out, validation, partTokens, field, separator, threads } = options;
  const line = new PhaseLine(terminal, options);
  const onProgress = (documents: number, tokens: number) =>
    line.update({
      phase: 'encoding',
      where: `${formatCount(documents)} document${documents === 1 ? '' : 's'}`,
      done: tokens,
      unit: 'tokens',
    });
  const tokenizer = loadTokenizer(options.tokenizer);
  const index = await prepareShards(files, out, tokenizer, {
    validation,
    partTokens,
    field,
    separator,
    threads,
    onProgress,
  }).finally(() => line.clear());
  const shards = openShards(out);
  const rows = (['train', 'validation'] as const).map((split) => {
    const parts = index.parts.filter((part) => part.split === split);
    const sum = (key: 'tokens' | 'documents' | 'bytes') => parts.reduce((total, part) => total + part[key], 0);
    return { split, parts: parts.length, documents: sum('documents'), tokens: sum('tokens'), bytes: sum('bytes') };
  });
  if (options.json) {
    const { dtype, vocabularySize, endOfDocument } = index;
    terminal.write(`${JSON.stringify({ folder: out, dtype, vocabularySize, endOfDocument, splits: rows })}\n`);
  } else {
    const columns = ['split', 'parts', 'documents', 'tokens', 'bytes of text'];
    const cells = rows.map((row) => [
      row.split,
      ...[row.parts, row.documents, row.tokens, row.bytes].map((count) => count.toLocaleString('en')),
    ]);
    terminal.write(
      `${table({ columns, rows: cells })}\n${out}: ${index.dtype}, ${index.vocabularySize} tokens in the vocabulary\n`,
    );
  }
  shards.train.close();
  shards.validation.close();
}
