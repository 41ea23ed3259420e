/** Recipes to begin with, each small enough for a tab. */
import airlineGru from '../../../../recipes/airline-gru.yaml?raw';
import airlineLstm from '../../../../recipes/airline-lstm.yaml?raw';
import airlineTransformer from '../../../../recipes/airline-transformer.yaml?raw';

/** About a quarter of a minute; the large one is `recipes/moby-gpt.yaml`. */
const smallGpt = `task: language
data: { source: moby-dick, validation: 0.1 }
context: 32
model: { kind: gpt, layers: 2, heads: 2, width: 64, positions: rotary, norm: rmsNorm, bias: false }
train:
  steps: 600
  batch: 12
  optimizer: adamw
  learningRate: { peak: 5e-3, warmup: 50, decay: cosine }
  betas: [0.9, 0.99]
  weightDecay: 0.1
  evaluateEvery: 50
  evaluation: { batches: 5 }
sample: { prompt: 'Call me ', length: 200, temperature: 0.8 }
`;

const smallLstm = `task: language
data: { source: moby-dick, validation: 0.1 }
context: 32
model: { kind: lstm, layers: 1, width: 96 }
train:
  steps: 600
  batch: 12
  optimizer: adamw
  learningRate: { peak: 5e-3, warmup: 50, decay: cosine }
  evaluateEvery: 50
  evaluation: { batches: 5 }
sample: { prompt: 'Call me ', length: 200, temperature: 0.8 }
`;

/** Without the comments, which speak of the command line. */
const bare = (text: string): string => text.replace(/^#.*\n/gm, '');

export const presets: readonly { name: string; label: string; text: string }[] = [
  { name: 'airline-lstm', label: 'Airline passengers, LSTM', text: bare(airlineLstm) },
  { name: 'airline-gru', label: 'Airline passengers, GRU', text: bare(airlineGru) },
  { name: 'airline-transformer', label: 'Airline passengers, Transformer', text: bare(airlineTransformer) },
  { name: 'small-gpt', label: 'Moby Dick, a small GPT', text: smallGpt },
  { name: 'small-lstm', label: 'Moby Dick, a small LSTM', text: smallLstm },
];
