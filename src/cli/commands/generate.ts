/** `lookback generate RUN --prompt …`: text from a trained language model, as it is made. */
import { type Command, Option } from 'commander';
import { init } from '../../backends/init.ts';
import { generate, sampler } from '../../generate/index.ts';
import { Random } from '../../random.ts';
import { loadLanguageModel } from '../../tasks/export.node.ts';
import { encodePlain, StreamingDecoder } from '../../text/index.ts';
import { openRun } from '../../track/node.ts';
import { number, whole } from '../numbers.ts';
import { colours, type Terminal } from '../terminal/terminal.ts';

interface GenerateOptions {
  runs: string;
  prompt?: string;
  length?: number;
  temperature?: number;
  topK?: number;
  topP?: number;
  seed: number;
  weights: 'f32' | 'bf16';
  json?: boolean;
}

export function register(program: Command, terminal: Terminal): void {
  program
    .command('generate')
    .argument('<run>', 'name of a language run, or path of its folder')
    .description('write text with a trained model')
    .option('--prompt <text>', 'text to go on from (default: the one in the recipe)')
    .option('--length <count>', 'tokens to write', whole(0))
    .option('--temperature <number>', '0 takes the likeliest character', number(0))
    .option('--top-k <count>', 'keep only the K likeliest characters', whole(1))
    .option('--top-p <share>', 'keep the likeliest characters that hold this share', number(0, 1))
    .option('--seed <number>', 'the same seed writes the same text', whole(0), 1)
    .addOption(new Option('--weights <type>', 'how matrices are stored').choices(['f32', 'bf16']).default('f32'))
    .option('--runs <folder>', 'the folder of all runs', 'runs')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExample:\n  lookback generate jade-comet-12 --prompt "Call me " --length 300 --temperature 0.7',
    )
    .action((name: string, options: GenerateOptions) => write(name, options, terminal));
}

async function write(name: string, options: GenerateOptions, terminal: Terminal): Promise<void> {
  await init();
  const run = openRun(name, options.runs);
  const { recipe, model, tokenizer } = loadLanguageModel(run);
  model.storeWeights(options.weights);
  const {
    prompt = recipe.sample.prompt,
    length = recipe.sample.length,
    temperature = recipe.sample.temperature,
  } = options;
  const { topK = recipe.sample.topK ?? undefined, topP, seed, json } = options;
  const ids = encodePlain(tokenizer, prompt);
  const random = new Random(seed, 'generate');
  const made: number[] = [];
  const decoder = new StreamingDecoder(tokenizer);
  if (!json) terminal.write(colours(terminal.colour).dim(prompt));
  const choose = sampler({ temperature, topK, topP });
  for await (const id of generate(model, ids, { length, sampler: choose, random })) {
    made.push(id);
    if (!json) terminal.write(decoder.push(id));
  }
  if (json) terminal.write(`${JSON.stringify({ run: run.name, prompt, text: tokenizer.decode(made), seed })}\n`);
  else terminal.write(`${decoder.end()}\n`);
}
