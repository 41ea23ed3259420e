/**
 * What a recipe may say: every key, its type, its bounds and its default, as zod schemas.
 *
 * The types `Recipe`, `ForecastRecipe` and `LanguageRecipe` are the resolved form (all defaults filled in);
 * `RecipeInput` is what a person writes. Rules that join two keys live in `recipe-rules.ts`.
 */
import * as z from 'zod';
import { transformNames, transformScopes } from '../series/index.ts';
import { forecastHeadShape, forecastModelSchema } from './recipe-forecasters.ts';

const count = () => z.int().min(1);
const fraction = () => z.number().min(0).lt(1);

const scheduleSchema = () =>
  z.strictObject({
    peak: z.number().positive().describe('learning rate after warm-up'),
    warmup: z.int().min(0).default(0).describe('steps of linear warm-up'),
    decay: z.enum(['constant', 'cosine', 'linear']).default('constant').describe('shape from the peak to the floor'),
    floor: z.number().min(0).default(0).describe('learning rate at the last step'),
  });

const learningRateSchema = () =>
  z
    .union([z.number().positive(), scheduleSchema()])
    .transform((rate) => (typeof rate === 'number' ? scheduleSchema().parse({ peak: rate }) : rate))
    .describe('one number, or { peak, warmup, decay, floor }');

const earlyStoppingSchema = () =>
  z
    .strictObject({ patience: count().describe('evaluations without a better loss before stopping') })
    .nullable()
    .default(null)
    .describe('stop when evaluations no longer get better; null for never');

/** Training settings both tasks share. */
const trainShape = () => ({
  steps: count().default(1000).describe('optimizer steps'),
  batch: count().default(32).describe('windows or sequences in one forward pass'),
  accumulate: count().default(1).describe('forward passes summed into one optimizer step'),
  optimizer: z
    .enum(['sgd', 'adam', 'adamw', 'lion', 'muon'])
    .default('adamw')
    .describe('what turns gradients into changes'),
  learningRate: learningRateSchema().prefault(1e-3),
  weightDecay: z
    .number()
    .min(0)
    .default(0)
    .describe('decoupled for adamw, lion and muon, added to the gradient for sgd; adam takes none'),
  betas: z
    .tuple([fraction(), fraction()])
    .default([0.9, 0.999])
    .describe('the two decay rates of adam, adamw and lion, and of what muon leaves to adamw'),
  momentum: fraction().optional().describe('for sgd (0 by default) and muon (0.95)'),
  nesterov: z
    .boolean()
    .optional()
    .describe('look ahead along the momentum: for sgd (false by default) and muon (true)'),
  average: z
    .number()
    .gt(0)
    .lt(1)
    .nullable()
    .default(null)
    .describe('evaluate and keep an exponential moving average of the parameters that keeps so much; null for none'),
  clip: z.number().positive().nullable().default(1).describe('largest global gradient norm; null for none'),
  seed: z.int().min(0).max(0xffffffff).default(1).describe('parameters, order of the data, dropout and samples'),
  evaluateEvery: count().default(100).describe('steps between evaluations on the validation split'),
  checkpointEvery: count().default(200).describe('steps between checkpoints'),
  earlyStopping: earlyStoppingSchema(),
  snapshots: z.boolean().default(true).describe('keep model-only snapshots at log-spaced steps'),
});

const positions = () =>
  z
    .enum(['none', 'learned', 'sinusoidal', 'rotary', 'alibi'])
    .default('learned')
    .describe('how the model knows the order');
const blockDropout = () =>
  fraction().default(0).describe('on the embedding, the attention pattern and what a block adds');

const scope = () =>
  z.enum(transformScopes).optional().describe('numbers of each series (default), or the same for all');
const transformSchema = () =>
  z.union([
    z.discriminatedUnion('name', [
      z.strictObject({
        name: z.literal('boxCox'),
        lambda: z.number().min(-1).max(2).optional().describe("the power; by default Guerrero's choice"),
        scope: scope(),
      }),
      z.strictObject({ name: z.literal('standardize'), scope: scope() }),
      z.strictObject({ name: z.literal('minMax'), scope: scope() }),
    ]),
    z.enum(transformNames),
  ]);

const forecastSchema = () =>
  z.strictObject({
    task: z.literal('forecast').describe('forecast one or several series'),
    data: z.strictObject({
      source: z.string().min(1).optional().describe('name of a data set, or path of a CSV file'),
      sources: z.array(z.string().min(1)).min(1).optional().describe('several series, one source each'),
      column: z
        .string()
        .min(1)
        .optional()
        .describe("column of values; by default the set's own, else the only numeric one"),
      time: z.string().min(1).optional().describe('column of times'),
      period: z.int().min(2).optional().describe('steps in one season, e.g. 12 for months'),
    }),
    window: z.strictObject({
      lookback: count().default(24).describe('steps the model sees'),
      horizon: count().default(24).describe('steps it forecasts at once'),
    }),
    split: z
      .strictObject({
        test: z.int().min(0).default(24).describe('last steps of each series, never trained or chosen on'),
        validation: z.int().min(0).default(24).describe('steps before the test part, for choosing'),
      })
      .prefault({}),
    transform: z
      .array(transformSchema())
      .default(['log', 'standardize'])
      .describe('in order; undone in reverse; a name, or a mapping such as { name: boxCox, lambda: 0.3 }'),
    model: forecastModelSchema(),
    ...forecastHeadShape(),
    train: z.strictObject(trainShape()).prefault({}),
  });

const textRecurrentShape = () => ({
  layers: count().default(2).describe('layers on top of each other'),
  width: count().default(256).describe('width of embedding and hidden state'),
  dropout: fraction().default(0).describe('on the embedding, between layers and on the output'),
  tieWeights: z.boolean().default(false).describe('the output projection is the embedding, transposed'),
});

const languageModelSchema = () =>
  z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('gpt'),
      layers: count().default(4).describe('blocks on top of each other'),
      heads: count().default(4).describe('attention heads'),
      kvHeads: count().optional().describe('heads of keys and values; by default as many as heads'),
      width: count().default(128).describe('channels of the residual stream'),
      dropout: blockDropout(),
      positions: positions(),
      window: z.int().min(0).default(0).describe('characters a step sees, itself included; 0 for all before it'),
      norm: z
        .enum(['layerNorm', 'rmsNorm'])
        .default('layerNorm')
        .describe('before each part of a block, and at the end'),
      mlp: z.enum(['gelu', 'swiglu']).default('gelu').describe('the nonlinearity between attentions'),
      bias: z.boolean().default(true).describe('biases in linear layers and norms'),
      tieWeights: z.boolean().default(true).describe('the output projection is the embedding, transposed'),
    }),
    z.strictObject({ kind: z.literal('lstm'), ...textRecurrentShape() }),
    z.strictObject({ kind: z.literal('gru'), ...textRecurrentShape() }),
  ]);

const languageSchema = () =>
  z.strictObject({
    task: z.literal('language').describe('a language model of text'),
    data: z.strictObject({
      source: z.string().min(1).describe('name of a data set, path of a text file, or folder of lookback data prepare'),
      validation: z.number().gt(0).lt(1).default(0.1).describe('last part of the text, never trained on'),
      packing: z
        .enum(['stream', 'documents'])
        .optional()
        .describe(
          'rows of a batch: windows anywhere in the stream of ids (default), or whole documents; the latter of shards',
        ),
      documentMask: z
        .boolean()
        .optional()
        .describe('gpt on shards: attention stays inside a document, positions begin anew there; false by default'),
    }),
    tokenizer: z
      .string()
      .min(1)
      .default('character')
      .describe(
        'character, byte, gpt2, cl100k, o200k, qwen3, llama2, llama3, or the path of a tokenizer; shards bring theirs',
      ),
    context: count().default(64).describe('tokens the model sees'),
    model: languageModelSchema(),
    train: z
      .strictObject({
        ...trainShape(),
        labelSmoothing: fraction()
          .default(0)
          .describe(
            'share of the truth spread evenly over the vocabulary in the training loss; evaluations go without',
          ),
        evaluation: z
          .strictObject({ batches: count().default(20).describe('random batches in one evaluation') })
          .prefault({}),
      })
      .prefault({}),
    sample: z
      .strictObject({
        prompt: z.string().min(1).default('\n').describe('text to go on from'),
        length: z.int().min(0).default(300).describe('tokens to write'),
        temperature: z.number().min(0).default(0.8).describe('0 takes the likeliest token'),
        topK: count().nullable().default(null).describe('keep only the K likeliest; null keeps all'),
      })
      .prefault({}),
  });

const makeRecipeSchema = () => z.discriminatedUnion('task', [forecastSchema(), languageSchema()]);
let made: ReturnType<typeof makeRecipeSchema> | undefined;

/** The schema, made when a recipe is first checked: making it takes longer than importing most of the library. */
export function recipeSchema(): ReturnType<typeof makeRecipeSchema> {
  made ??= makeRecipeSchema();
  return made;
}

/** A resolved forecasting experiment. */
export type ForecastRecipe = z.output<ReturnType<typeof forecastSchema>>;
/** A resolved language-model experiment. */
export type LanguageRecipe = z.output<ReturnType<typeof languageSchema>>;
/** A resolved experiment: every default filled in. */
export type Recipe = ForecastRecipe | LanguageRecipe;
/** An experiment as a person writes it: keys with defaults may be left out. */
export type RecipeInput = z.input<ReturnType<typeof recipeSchema>>;

/** The JSON schema (draft 7) of what a person may write, for editors. */
export function recipeJsonSchema(): Record<string, unknown> {
  return {
    ...z.toJSONSchema(recipeSchema(), { io: 'input', target: 'draft-7' }),
    title: 'Lookback recipe',
    description: 'An experiment as plain data: what to train, on which data, how, and from which seed.',
  };
}
