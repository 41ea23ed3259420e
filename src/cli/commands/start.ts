/**
 * `lookback start`, which `npm start` runs: the airline forecast and a minute of a character GPT, trained before your eyes
 * and judged beside formulas and counting. On a terminal it serves the studio and trains both as live runs in processes
 * of their own; elsewhere, or with `--once`, it prints the reports and ends.
 */
import { join } from 'node:path';
import type { Command } from 'commander';
import { init } from '../../backends/init.ts';
import { packageRoot } from '../../backends/platform.ts';
import { resolveText } from '../../data/node.ts';
import type { RunRow } from '../../server/wire.ts';
import { LanguageTask, type TokenBatch } from '../../tasks/language.ts';
import { buildOptimizer } from '../../tasks/optimizer.ts';
import { type ForecastRecipe, formatRecipe, type LanguageRecipe, parseRecipe } from '../../tasks/recipe.ts';
import { startRun } from '../../tasks/run.node.ts';
import { type Trainable, train as trainLoop } from '../../train/index.ts';
import { number } from '../numbers.ts';
import { colours, type Terminal } from '../terminal/terminal.ts';
import { closeSaving, interrupted, openInBrowser, portNumber, serveHere } from './studio.ts';
import { carry, readRecipe } from './train.ts';

/** Training time of the language model, seconds, evaluation included. */
const minute = 60;

/** Evaluations of the live forecast come this often, so that one sees it bend; steps. */
const watchEvery = 5;

interface StartOptions {
  runs: string;
  seconds: number;
  once?: boolean;
  quiet?: boolean;
  port?: number;
  open?: boolean;
}

export function register(program: Command, terminal: Terminal): void {
  program
    .command('start')
    .description('the two-minute tour: forecast the airline months, then train a small GPT on Moby Dick')
    .option('--runs <folder>', 'the folder of all runs', 'runs')
    .option('--seconds <count>', 'how long the language model trains', number(1), minute)
    .option('--once', 'print the reports and end, also on a terminal')
    .option('--quiet', 'with --once: print the reports only')
    .option('--port <number>', 'port of the studio, 0 for any', portNumber)
    .option('--open', 'open the studio in the browser')
    .addHelpText(
      'after',
      '\nOn a terminal it serves the studio, trains both live and goes on serving until Ctrl-C.' +
        '\n\nExamples:\n  lookback start\n  lookback start --once --seconds 20',
    )
    .action((options: StartOptions) =>
      terminal.interactive && !options.once ? serve(options, terminal) : start(options, terminal),
    );
}

/** The tour as pages: an address first, then both runs, live, then the server until Ctrl-C. */
async function serve({ runs, seconds, port, open }: StartOptions, terminal: Terminal): Promise<void> {
  const ink = colours(terminal.colour);
  const serving = await serveHere({ runs, port }, terminal);
  const address = `${serving.address}#/lecture/start`;
  terminal.write(`\n  ${ink.bold('Open')} ${ink.cyan(address)}\n\n`);
  if (open) openInBrowser(address, terminal);
  const end = interrupted();
  let ended = false;
  void end.then(() => {
    ended = true;
  });
  try {
    await Promise.race([end, trainBoth()]);
    if (!ended) terminal.write(ink.dim('The studio stays open; Ctrl-C closes it.\n'));
    await end;
  } finally {
    await closeSaving(serving, terminal);
  }

  async function trainBoth(): Promise<void> {
    const recipes = join(packageRoot() ?? '.', 'recipes');
    terminal.write(
      `${ink.bold('1. Airline passengers')}: an LSTM learns 120 months and forecasts the 24 it has not seen.\n`,
    );
    const airline = parseRecipe(readRecipe(join(recipes, 'airline-lstm.yaml'), [])) as ForecastRecipe;
    await follow(formatRecipe({ ...airline, train: { ...airline.train, evaluateEvery: watchEvery } }));
    if (ended) return;
    terminal.write(`${ink.bold('2. Moby Dick')}: a GPT learns to write, one character after the other.\n`);
    const moby = readRecipe(join(recipes, 'moby-gpt.yaml'), []) as LanguageRecipe;
    await init();
    const sized = await fitSteps(moby, seconds);
    if (!ended) await follow(formatRecipe(sized));
  }

  /** Starts a run and waits for its end; what it came to is one line. */
  async function follow(recipe: string): Promise<void> {
    const name = await serving.start(recipe);
    terminal.write(`   run ${name} … `);
    while (!ended && serving.row(name).status === 'running') await new Promise((wake) => setTimeout(wake, 200));
    if (!ended) terminal.write(`${outcomeOf(serving.row(name))}\n`);
  }
}

/** What a run came to, beside what needs no training. */
function outcomeOf({ status, summary }: RunRow): string {
  const value = (key: string) => summary[key];
  const [mape, winner, loss] = [value('mape'), value('winner'), value('validationLoss')];
  if (status !== 'finished') return status;
  if (typeof mape === 'number') return `${mape.toFixed(2)} % off on average; the best of all: ${winner}`;
  const floors = Object.entries(summary).flatMap(([key, nats]) =>
    key.startsWith('floor ') && typeof nats === 'number' ? [nats] : [],
  );
  if (typeof loss !== 'number') return status;
  return `${loss.toFixed(3)} nats a character; counting alone: ${Math.min(...floors).toFixed(3)}`;
}

async function start(options: StartOptions, terminal: Terminal): Promise<void> {
  await init();
  const ink = colours(terminal.colour);
  const recipes = join(packageRoot() ?? '.', 'recipes');
  terminal.write(
    `${ink.bold('1. Airline passengers')}: an LSTM learns 120 months and forecasts the 24 it has not seen.\n`,
  );
  const airline = await carry(terminal, options, (run) =>
    startRun(readRecipe(join(recipes, 'airline-lstm.yaml'), []), run),
  );
  if (airline.reason === 'stopped') return;

  terminal.write(`\n${ink.bold('2. Moby Dick')}: a GPT learns to write, one character after the other.\n`);
  const recipe = readRecipe(join(recipes, 'moby-gpt.yaml'), []) as LanguageRecipe;
  const sized = await fitSteps(recipe, options.seconds);
  const moby = await carry(terminal, options, (run) => startRun(sized, run), { samples: true });
  if (moby.reason === 'stopped') return;

  terminal.write(
    `
${ink.bold('3. What now?')} Both runs are kept: ${airline.run.folder} and ${moby.run.folder}. Try:

  npx lookback forecast ${airline.run.folder}
  npx lookback generate ${moby.run.folder} --prompt "The whale " --temperature 0.7
  npx lookback train recipes/airline-gru.yaml --train.seed 2
`,
  );
}

/** The recipe with as many steps as fit, measured on ten of its steps; the schedule shrinks with them. */
async function fitSteps(recipe: LanguageRecipe, seconds: number): Promise<LanguageRecipe> {
  const { text } = await resolveText(recipe.data.source);
  const { train } = recipe;
  const steps = Math.max(
    50,
    Math.floor((0.9 * seconds) / (await secondsPerStep(new LanguageTask(recipe, text))) / 50) * 50,
  );
  const learningRate = { ...train.learningRate, warmup: Math.min(train.learningRate.warmup, Math.floor(steps / 10)) };
  const evaluateEvery = Math.max(25, Math.round(steps / 12 / 25) * 25);
  return { ...recipe, train: { ...train, steps, learningRate, evaluateEvery, checkpointEvery: evaluateEvery } };
}

/** Median of ten steps after two to warm up. */
async function secondsPerStep(task: LanguageTask): Promise<number> {
  const { optimizer, rate } = buildOptimizer(task.recipe.train, task.model);
  const seconds: number[] = [];
  let last = performance.now();
  const onStep = () => {
    const now = performance.now();
    seconds.push((now - last) / 1000);
    last = now;
  };
  const settings = { ...task.recipe.train, rate, steps: 12, evaluateEvery: 1000, snapshots: false };
  await trainLoop(bare(task), optimizer, settings, { hooks: { onStep } });
  optimizer.dispose();
  return seconds.slice(2).sort((a, b) => a - b)[5];
}

/** The task without its evaluations, whose time is no step's. */
function bare(task: LanguageTask): Trainable<TokenBatch> {
  return {
    model: task.model,
    unit: task.unit,
    next: () => task.next(),
    loss: (batch, options) => task.loss(batch, options),
    evaluate: () => ({ score: 0, metrics: {} }),
    cursor: () => task.cursor(),
    moveTo: (cursor) => task.moveTo(cursor),
  };
}
