/** `lookback train RECIPE [--key value]` and `lookback resume RUN`. */
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { init } from '../../backends/init.ts';
import { LookbackError, nearest } from '../../errors.ts';
import { applyOverrides, parseRecipe, parseRecipeText, type RecipeInput, readRecipeText } from '../../tasks/recipe.ts';
import { type RunOutcome, resumeRun, startRun } from '../../tasks/run.node.ts';
import { interruptible } from '../interrupt.ts';
import { profileReport } from '../profileReport.ts';
import { report } from '../report.ts';
import { progressMode } from '../terminal/progress.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { watch } from '../watch.ts';

interface TrainOptions {
  runs: string;
  json?: boolean;
  quiet?: boolean;
  profile?: boolean;
}

export function register(program: Command, terminal: Terminal): void {
  program
    .command('train')
    .argument('<recipe>', 'a recipe file, e.g. recipes/airline-lstm.yaml')
    .description('train what a recipe describes; --key value changes any of its keys')
    .option('--runs <folder>', 'the folder of all runs', 'runs')
    .option('--json', 'print one JSON object a line')
    .option('--quiet', 'print the report only')
    .option('--profile', 'show where the time goes, operation by operation')
    .allowUnknownOption()
    .allowExcessArguments()
    .addHelpText(
      'after',
      '\nExamples:\n  lookback train recipes/airline-lstm.yaml\n  lookback train recipes/airline-lstm.yaml --model.hidden 128 --train.seed 3',
    )
    .action(async (path: string, options: TrainOptions, command: Command) => {
      const recipe = readRecipe(path, command.args.slice(1));
      await init();
      await carry(terminal, options, (run) => startRun(recipe, run));
    });
  program
    .command('resume')
    .argument('<run>', 'name of a run, or path of its folder')
    .description('go on with a run from its last checkpoint, bit for bit')
    .option('--runs <folder>', 'the folder of all runs', 'runs')
    .option('--json', 'print one JSON object a line')
    .option('--quiet', 'print the report only')
    .option('--profile', 'show where the time goes, operation by operation')
    .addHelpText('after', '\nExample:\n  lookback resume cerulean-plasma-69')
    .action(async (name: string, options: TrainOptions) => {
      await init();
      await carry(terminal, options, (run) => resumeRun(name, run));
    });
}

/** A recipe file with the words after it applied. @throws LookbackError FILE_NOT_FOUND, RECIPE_INVALID */
export function readRecipe(path: string, overrides: readonly string[]): RecipeInput {
  if (path.startsWith('-')) {
    throw new LookbackError('USAGE', {
      where: 'lookback train',
      expected: 'the recipe before any --key value',
      got: path,
      next: 'For example: lookback train recipes/airline-lstm.yaml --model.hidden 128',
    });
  }
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new LookbackError('FILE_NOT_FOUND', {
      where: path,
      problem: 'there is no such recipe',
      next: 'The recipes that come with lookback are in its recipes/ folder, e.g. recipes/airline-lstm.yaml',
      cause,
    });
  }
  if (overrides.length === 0) return parseRecipeText(text, path);
  try {
    return parseRecipe(applyOverrides(readRecipeText(text, path), overrides), path);
  } catch (error) {
    throw suggestOption(error);
  }
}

/** A mistyped option looks like a key of the recipe; the error says which it may have been. */
function suggestOption(error: unknown): unknown {
  if (!(error instanceof LookbackError) || error.parts.next) return error;
  const option = nearest(error.parts.where, ['--runs', '--json', '--quiet', '--profile']);
  return option ? new LookbackError(error.code, { ...error.parts, next: `Perhaps you meant ${option}` }) : error;
}

type Start = (options: {
  root: string;
  signal: AbortSignal;
  observer: ReturnType<typeof watch>['observer'];
  profile?: boolean;
}) => Promise<RunOutcome>;

/** Runs something that trains, with progress, Ctrl-C and the report. */
export async function carry(
  terminal: Terminal,
  { runs, json, quiet, profile }: TrainOptions,
  start: Start,
  { samples = false }: { samples?: boolean } = {},
): Promise<RunOutcome> {
  const mode = progressMode({ json, quiet }, terminal);
  const watching = watch(terminal, mode, { samples });
  const { observer } = watching;
  const outcome = await interruptible(terminal, (signal) => start({ root: runs, signal, observer, profile })).finally(
    () => watching.finish(),
  );
  if (json) terminal.write(`${JSON.stringify(result(outcome))}\n`);
  else {
    report(outcome, watching, terminal);
    if (outcome.profile) terminal.write(`\n${profileReport(outcome.profile, terminal)}`);
  }
  // As a shell says of what Ctrl-C ended, so that `train && …` does not go on.
  if (outcome.reason === 'stopped') process.exitCode = 130;
  return outcome;
}

function result({ run, reason, state, floors, scores, validationLoss, sample, profile }: RunOutcome) {
  const rows = scores.map(({ forecast, ...score }) => ({ ...score, forecast: [...forecast] }));
  return {
    event: 'result',
    run: run.name,
    folder: run.folder,
    reason,
    step: state.step,
    best: state.best,
    floors,
    scores: rows,
    validationLoss,
    sample,
    profile,
  };
}
