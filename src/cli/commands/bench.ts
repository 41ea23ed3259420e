/** `lookback bench [topic…]`: figures of this machine now, beside its limits and, with --peers, other libraries. */
import { type Command, Option } from 'commander';
import { getBackend } from '../../backends/backend.ts';
import { type BackendChoice, backendChoices, init } from '../../backends/init.ts';
import type { Figure } from '../../bench/measure.ts';
import { memoryInside } from '../../bench/memory.node.ts';
import { lowerIsBetter, bench as runBench, type Topic, topics } from '../../bench/run.node.ts';
import { gptShapes } from '../../bench/train.ts';
import { LookbackError, nearest } from '../../errors.ts';
import { number, whole } from '../numbers.ts';
import { formatNumber } from '../terminal/format.ts';
import { colours, type Terminal } from '../terminal/terminal.ts';

interface BenchOptions {
  json?: boolean;
  peers?: boolean;
  backend?: BackendChoice;
  threads?: number;
  seconds: number;
  patience: number;
  only?: string[];
  inside?: keyof typeof gptShapes;
}

const examples = `
Examples:
  lookback bench                          kernels, train and memory
  lookback bench train --peers            beside PyTorch, in turns
  lookback bench train --backend wasm --peers
  lookback bench kernels --only gemm --json
  lookback bench train --peers --patience 60
  lookback bench contention               while another process keeps one core busy

Figures count bursts in which the machine was otherwise quiet: few other programs ran, and a small product was as fast as
at other times (neighbours on a rented processor slow it down). A share is the median's of the machine's limit, measured
in the same run: fused multiply-adds on registers, or bytes through memory.`;

export function register(program: Command, terminal: Terminal): void {
  program
    .command('bench')
    .argument('[topic...]', Object.keys(topics).join(', '))
    .description('measure this machine: kernels, training steps and memory, beside its limits and other libraries')
    .option('--json', 'print one JSON object a line')
    .option('--peers', 'run the installed peers in turn with ours')
    .addOption(new Option('--backend <name>', 'what computes').choices(backendChoices))
    .option('--threads <count>', 'threads (default: LOOKBACK_THREADS, else all cores)', whole(1))
    .option('--seconds <number>', 'of timing for each figure', number(0.05, 60), 2)
    .option('--only <parts...>', 'only figures whose names contain one of these')
    .option('--patience <seconds>', 'to wait at most for a quiet machine, before each figure', number(0, 3600), 0)
    .addOption(new Option('--inside <shape>').choices(Object.keys(gptShapes)).hideHelp())
    .addHelpText('after', examples)
    .action((words: string[], options: BenchOptions) => bench(words, options, terminal));
}

async function bench(words: readonly string[], options: BenchOptions, terminal: Terminal): Promise<void> {
  const known = Object.keys(topics);
  const unknown = words.find((word) => !known.includes(word));
  if (unknown !== undefined) {
    const suggestion = nearest(unknown, known);
    throw new LookbackError('USAGE', {
      where: 'lookback bench',
      expected: `topics among ${known.join(', ')}`,
      got: unknown,
      next: suggestion && `Did you mean ${suggestion}`,
    });
  }
  await init({ backend: options.backend, threads: options.threads });
  if (options.inside) {
    terminal.write(`${JSON.stringify(memoryInside(options.inside))}\n`);
    return;
  }
  const chosen = words.length > 0 ? (words as Topic[]) : (['kernels', 'train', 'memory'] as const);
  const { json, peers, seconds, patience, only: names } = options;
  const ink = colours(terminal.colour);
  const clear = () => terminal.live && terminal.writeError('\r\x1b[K');
  const backend = getBackend();
  if (!json) {
    terminal.write(`${ink.bold(backend.name)}, ${backend.threads} threads, Node ${process.version}\n`);
  }
  const figures = runBench(
    { topics: chosen, names, peers, seconds, patience },
    {
      limits: ({ flops, bytes }) => {
        if (json) return;
        const [multiplyAdd, memory] = [flops / 1e9, bytes / 1e9].map((value) => formatNumber(value, 3));
        terminal.write(ink.dim(`limits: ${multiplyAdd} GFLOP/s multiply-add, ${memory} GB/s memory\n`));
      },
      started: (name, done, of) => {
        if (terminal.live) terminal.writeError(`\r\x1b[K${ink.dim(`${Math.min(done + 1, of)}/${of} ${name}`)}`);
      },
      figure: (figure) => {
        clear();
        terminal.write(json ? `${JSON.stringify(jsonOf(figure))}\n` : `${line(figure, ink)}\n`);
      },
      note: (text) => {
        clear();
        terminal.writeError(`peers: ${text}\n`);
      },
    },
  );
  clear();
  const noisy = figures.filter(({ quiet }) => !quiet).length;
  if (noisy > 0) {
    terminal.writeError(
      `${noisy} of ${figures.length} figures had no quiet burst: other programs were computing all the time. Measure again.\n`,
    );
  }
}

/** One object a line, keys always in this order; `quiet` only where it is false. */
function jsonOf({ name, unit, best, median, limit, quiet, peer }: Figure) {
  return { name, unit, best, median, limit, ...(peer && { peer }), ...(!quiet && { quiet }) };
}

function line({ name, unit, best, median, limit, quiet, peer }: Figure, ink: ReturnType<typeof colours>): string {
  const shown = (value: number) => formatNumber(value).padStart(8);
  const share = limit ? `${((100 * median) / limit).toFixed(0).padStart(4)} % of ${formatNumber(limit, 3)}` : '';
  const figures = `${name.padEnd(40)} best ${shown(best)}  median ${shown(median)} ${unit.padEnd(8)} ${share.padEnd(16)}`;
  const noise = quiet ? '' : ink.yellow('  not quiet');
  if (!peer) return `${figures.trimEnd()}${noise}`;
  const won = lowerIsBetter(name) ? peer.ratio < 1 : peer.ratio > 1;
  const who = `${peer.name} ${peer.version}, ${peer.threads} thread${peer.threads === 1 ? '' : 's'}`;
  const ratio = `${formatNumber(peer.ratio, 3)} ×`;
  return `${figures}  ${(won ? ink.green : ink.red)(ratio)} the ${formatNumber(peer.median, 3)} of ${who}${noise}`;
}
