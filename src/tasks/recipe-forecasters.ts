/** The networks a forecast recipe may ask for: every key, its bounds and its default, as zod schemas. */
import * as z from 'zod';
import type { ForecastLoss, WindowScaling } from '../models/index.ts';

const count = () => z.int().min(1);
const fraction = () => z.number().min(0).lt(1);

const recurrentShape = () => ({
  hidden: count().default(64).describe('width of the hidden state'),
  layers: count().default(1).describe('layers on top of each other'),
  dropout: fraction().default(0).describe('between layers'),
});
const blockShape = () => ({
  hidden: count().default(64).describe('channels of the residual stream'),
  layers: count().default(2).describe('blocks on top of each other'),
  heads: count().default(4).describe('attention heads'),
  dropout: fraction().default(0).describe('on the embedding, the attention pattern and what a block adds'),
  positions: z
    .enum(['none', 'learned', 'sinusoidal', 'rotary', 'alibi'])
    .default('learned')
    .describe('how the model knows the order'),
});

export const forecastModelSchema = () =>
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('rnn'), ...recurrentShape() }),
    z.strictObject({ kind: z.literal('lstm'), ...recurrentShape() }),
    z.strictObject({ kind: z.literal('gru'), ...recurrentShape() }),
    z.strictObject({
      kind: z.literal('seq2seq').describe('an encoder and a decoder with additive attention'),
      ...recurrentShape(),
    }),
    z.strictObject({
      kind: z.literal('tcn').describe('dilated causal convolutions'),
      hidden: count().default(32).describe('channels'),
      layers: z.int().min(0).default(0).describe('blocks, each dilated twice as far; 0 for as many as see the window'),
      kernel: z.int().min(2).default(3).describe('taps of a filter'),
      dropout: fraction().default(0).describe('after each convolution'),
    }),
    z.strictObject({
      kind: z.literal('nbeats'),
      stacks: z
        .enum(['generic', 'interpretable'])
        .default('generic')
        .describe('linear maps, or a stack of trends and one of seasons'),
      blocks: count().default(3).describe('blocks in all, or of each of the two stacks'),
      layers: count().default(4).describe('fully connected layers in a block'),
      hidden: count().default(128).describe('width of these'),
    }),
    z.strictObject({
      kind: z.literal('patchtst').describe('an encoder Transformer over patches of the window'),
      patch: count().default(16).describe('steps of a patch, a multiple of the stride'),
      stride: count().default(8).describe('steps from one patch to the next'),
      hidden: count().default(32).describe('channels of a token'),
      layers: count().default(2).describe('blocks on top of each other'),
      heads: count().default(4).describe('attention heads'),
      mlpWidth: count().default(64).describe('width of the MLP in a block'),
      dropout: fraction().default(0.2).describe('on the embedding, in blocks and before the output'),
    }),
    z.strictObject({ kind: z.literal('transformer'), ...blockShape() }),
    z.strictObject({
      kind: z.literal('encoder').describe('a Transformer whose steps see all of the window'),
      ...blockShape(),
    }),
    z.strictObject({ kind: z.literal('linear').describe('one linear map from the window to the horizon') }),
    z.strictObject({ kind: z.literal('nlinear').describe('the same, of the window minus its last value') }),
    z.strictObject({
      kind: z.literal('dlinear').describe('one linear map of the moving average, one of the rest'),
      average: count().default(25).describe('steps of the moving average'),
    }),
  ]);

const losses = ['mse', 'mae', 'huber', 'quantile', 'gaussian', 'studentT'] as const satisfies readonly ForecastLoss[];
const scalings = ['none', 'last', 'mean', 'instance', 'season'] as const satisfies readonly WindowScaling[];

/** What is forecast and how windows of many series meet. All may be left out. */
export const forecastHeadShape = () => ({
  loss: z.enum(losses).optional().describe('mse by default; quantile, gaussian and studentT forecast a distribution'),
  levels: z
    .array(z.number().gt(0).lt(1))
    .min(1)
    .optional()
    .describe('of the quantiles, ascending, 0.5 among them; 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95 by default'),
  scaling: z
    .enum(scalings)
    .optional()
    .describe(
      'moves each window by its own last value, mean, mean and deviation, or last season; last for nlinear, instance for patchtst, else none by default',
    ),
  seriesEmbedding: z.int().min(1).optional().describe('width of a learned vector for each series; none by default'),
});
