/** `lookback size [MODEL | config.json | recipe.yaml | RUN | COUNT]`: parameters, memory and cost, with the working. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { LookbackError } from '../../errors.ts';
import {
  checkSlide,
  estimate,
  findGpu,
  findModel,
  readCount,
  readPrecision,
  requireModel,
  type Shape,
  shapeFromConfig,
  shapeFromRecipe,
  trainedByPower,
  trainingData,
} from '../../sizing/index.ts';
import { parseRecipe, parseRecipeText, type Recipe } from '../../tasks/recipe.ts';
import { tokenizerFromJSON } from '../../text/index.ts';
import { openRun, readJson } from '../../track/node.ts';
import { number, whole } from '../numbers.ts';
import { factsReport, listReport, sizeReport } from '../sizeReport.ts';
import type { Terminal } from '../terminal/terminal.ts';

interface SizeOptions {
  context?: number;
  batch: number;
  precision: string;
  cachePrecision: string;
  gpu: string;
  price?: number;
  gpus?: number;
  tokens?: number;
  utilisation?: number;
  vocabulary?: number;
  facts?: boolean;
  runs: string;
  json?: boolean;
}

const examples = `
Examples:
  lookback size                                  every built-in model
  lookback size deepseek-r1 --context 32768 --batch 8 --gpu h200
  lookback size llama-3.1-8b --precision int4 --gpu "RTX 4090"
  lookback size qwen3-0.6b --tokens 36T --gpus 1024
  lookback size ./model/config.json --json
  lookback size 7e9                              a bare count of parameters
  lookback size --facts                          the lecture's slide checked, tokens by year, 835 MW for a month`;

export function register(program: Command, terminal: Terminal): void {
  program
    .command('size')
    .argument('[model]', 'built-in model, config.json (gpt2, llama, qwen …), recipe, run, or count of parameters')
    .description('parameters, memory, GPUs and cost of a language model, with the working')
    .option('--context <tokens>', 'tokens a sequence (default: what the model was made for, at most 32768)', whole(1))
    .option('--batch <sequences>', 'sequences at once', whole(1), 1)
    .option('--precision <name>', 'of the weights: fp32, bf16, fp16, fp8, int8, int4', 'bf16')
    .option('--cache-precision <name>', 'of the KV cache', 'bf16')
    .option('--gpu <name>', 'h100, h200, b200, a100, l40s, rtx4090, mi300x', 'h100')
    .option('--price <dollars>', 'US dollars an hour for one GPU (default: an assumption)', number(0))
    .option('--tokens <count>', 'tokens to train on, e.g. 15T', count)
    .option('--gpus <count>', 'GPUs to train on, for the days it takes', whole(1))
    .option('--utilisation <share>', 'share of the peak that training reaches (default: 0.4)', number(0.001, 1))
    .option('--vocabulary <tokens>', 'for a recipe, whose vocabulary comes from its data', whole(1))
    .option('--facts', "the lecture's slide checked, tokens by year, and what 835 MW train in a month")
    .option('--runs <folder>', 'the folder of all runs', 'runs')
    .option('--json', 'print one JSON object')
    .addHelpText('after', examples)
    .action((model: string | undefined, options: SizeOptions) => size(model, options, terminal));
}

function size(model: string | undefined, options: SizeOptions, terminal: Terminal): void {
  const gpu = findGpu(options.gpu, '--gpu');
  const json = (value: unknown) => terminal.write(`${JSON.stringify(value, null, 2)}\n`);
  if (options.facts) {
    const facts = {
      slide: checkSlide(),
      trainingData,
      power: { megawatts: 835, days: 30, gpu, ...trainedByPower(gpu) },
    };
    if (options.json) json(facts);
    else terminal.write(factsReport(facts, terminal));
    return;
  }
  if (model === undefined) {
    const { text, entries } = listReport(terminal);
    if (options.json) json(entries);
    else terminal.write(text);
    return;
  }
  const result = estimate(readTarget(model, options), {
    context: options.context,
    batch: options.batch,
    precision: readPrecision(options.precision, '--precision'),
    cachePrecision: readPrecision(options.cachePrecision, '--cache-precision'),
    gpu,
    dollarsPerHour: options.price,
    utilisation: options.utilisation,
    tokens: options.tokens,
    trainingGpus: options.gpus,
  });
  if (options.json) json(result);
  else terminal.write(sizeReport(result, terminal));
}

/** Tried in this order: a built-in name, a count, a run, a file or the folder around a config.json. */
function readTarget(text: string, options: SizeOptions): Shape | number {
  const known = findModel(text) ?? readCount(text);
  if (known !== undefined) return known;
  if ([text, join(options.runs, text)].some((folder) => existsSync(join(folder, 'run.json')))) {
    return shapeOfRun(text, options);
  }
  const path = existsSync(text) && statSync(text).isDirectory() ? join(text, 'config.json') : text;
  if (existsSync(path)) {
    if (/\.ya?ml$/.test(path)) return shapeOfRecipe(parseRecipeText(readFileSync(path, 'utf8'), path), path, options);
    return shapeFromConfig(readJson(path), path);
  }
  if (/[/\\]|\.(json|ya?ml)$/.test(text)) {
    throw new LookbackError('FILE_NOT_FOUND', {
      where: path,
      problem: 'no such file',
      next: 'See lookback size --help',
    });
  }
  return requireModel(text, 'size');
}

function shapeOfRun(name: string, options: SizeOptions): Shape {
  const run = openRun(name, options.runs);
  const recipe = parseRecipe(run.recipe(), run.path('recipe.yaml'));
  if (recipe.task !== 'language') throw wrongModel(name, `a ${recipe.task} run`);
  const { vocabularySize } = tokenizerFromJSON(readJson(run.path('model', 'tokenizer.json')));
  return shapeOfRecipe(recipe, name, { ...options, vocabulary: vocabularySize });
}

function shapeOfRecipe(recipe: Recipe, where: string, { vocabulary }: SizeOptions): Shape {
  if (recipe.task !== 'language' || recipe.model.kind !== 'gpt') {
    throw wrongModel(where, recipe.task === 'language' ? `a model of kind ${recipe.model.kind}` : recipe.task);
  }
  if (vocabulary === undefined) {
    throw new LookbackError('USAGE', {
      where,
      problem: "a recipe's vocabulary comes from its data",
      next: 'Add --vocabulary, e.g. the 65 characters of Tiny Shakespeare, or size a run of it',
    });
  }
  return shapeFromRecipe(recipe.model, { name: where, vocabulary, context: recipe.context });
}

function wrongModel(where: string, got: string): LookbackError {
  return new LookbackError('USAGE', { where, expected: 'a language model of kind gpt', got });
}

function count(text: string): number {
  const value = readCount(text);
  if (value === undefined) throw new InvalidArgumentError('expected a count such as 300e9, 15T or 600M.');
  return value;
}
