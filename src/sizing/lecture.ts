/**
 * The lecture's numbers: what its slide on serving a 671B model says, checked term by term, and the tokens language
 * models were trained on by year, each with its source.
 */
import { cacheBytes, cacheBytesPerToken, weightBytes } from './memory.ts';
import { requireModel } from './models.ts';
import { countParameters } from './parameters.ts';
import { showBytes, showNumber } from './precision.ts';

export interface SlideCheck {
  claim: string;
  /** `right`, `wrong`, or `unlike`: right arithmetic for something else than the model on the slide. */
  verdict: 'right' | 'wrong' | 'unlike';
  /** The number worked out, in bytes. */
  bytes: number;
  working: string;
}

/** The slide on DeepSeek R1's memory, term by term, and what R1 itself needs: its latent cache and FP8 weights. */
export function checkSlide(): SlideCheck[] {
  const model = requireModel('DeepSeek-R1');
  const { total } = countParameters(model);
  const weights = weightBytes(total, 'bf16');
  const shipped = weightBytes(total, 'fp8');
  const tokens = 160_000;
  const fullWidth = tokens * model.layers * model.width * 2 * 2;
  const perToken = cacheBytesPerToken(model);
  const latent = cacheBytes(model, { context: 32_768 });
  const atLength = cacheBytes(model, { context: tokens });
  return [
    {
      claim: '671B parameters × 2 B = 1,342 GB',
      verdict: 'right',
      bytes: weights.bytes,
      working: `${weights.working} = ${showBytes(weights.bytes)}`,
    },
    {
      claim: '280 GB of KV cache',
      verdict: 'unlike',
      bytes: fullWidth,
      working:
        `K and V at hidden width for 160,000 tokens: ${model.layers} × 2 × ${showNumber(model.width)} × 160,000 × 2 B` +
        ` = ${showBytes(fullWidth)}`,
    },
    {
      claim: "R1's cache is a latent of 512 + 64 numbers a layer",
      verdict: 'right',
      bytes: latent.bytes,
      working:
        `${model.layers} × (512 + 64) × 2 B = ${showNumber(perToken)} B a token; at 32,768 tokens ` +
        `${showBytes(latent.bytes)}, at 160,000 ${showBytes(atLength.bytes)}`,
    },
    {
      claim: '1,342 GB + 280 GB = 1,680 GB',
      verdict: 'wrong',
      bytes: 1_622e9,
      working: '1,342 GB + 280 GB = 1,622 GB',
    },
    {
      claim: 'weights of 2 B a parameter',
      verdict: 'unlike',
      bytes: shipped.bytes,
      working: `R1 ships in FP8: ${shipped.working} = ${showBytes(shipped.bytes)}`,
    },
  ];
}

export interface TrainingData {
  year: number;
  model: string;
  /** Tokens or words as the source counts them; `atLeast` where it says "more than". */
  count: number;
  unit: 'tokens' | 'words';
  atLeast?: boolean;
  source: string;
}

/**
 * Training text by year, as reported by those who trained. BERT counts the words of its corpus, which it read about 40
 * times; the others count tokens seen, or the tokens of the corpus where it was read once.
 */
export const trainingData: readonly TrainingData[] = [
  { year: 2018, model: 'BERT', count: 3.3e9, unit: 'words', source: 'Devlin et al. 2018, arXiv 1810.04805' },
  { year: 2019, model: 'T5-11B', count: 1e12, unit: 'tokens', source: 'Raffel et al. 2019, arXiv 1910.10683' },
  { year: 2020, model: 'GPT-3', count: 300e9, unit: 'tokens', source: 'Brown et al. 2020, arXiv 2005.14165' },
  { year: 2021, model: 'Gopher', count: 300e9, unit: 'tokens', source: 'Rae et al. 2021, arXiv 2112.11446' },
  { year: 2022, model: 'Chinchilla', count: 1.4e12, unit: 'tokens', source: 'Hoffmann et al. 2022, arXiv 2203.15556' },
  { year: 2023, model: 'Llama 2', count: 2e12, unit: 'tokens', source: 'Touvron et al. 2023, arXiv 2307.09288' },
  { year: 2024, model: 'DeepSeek-V3', count: 14.8e12, unit: 'tokens', source: 'DeepSeek-AI 2024, arXiv 2412.19437' },
  {
    year: 2024,
    model: 'Llama 3.1 405B',
    count: 15.6e12,
    unit: 'tokens',
    source: 'Grattafiori et al. 2024, arXiv 2407.21783',
  },
  { year: 2024, model: 'Qwen2.5', count: 18e12, unit: 'tokens', source: 'Yang et al. 2024, arXiv 2412.15115' },
  {
    year: 2025,
    model: 'Llama 4',
    count: 30e12,
    unit: 'tokens',
    atLeast: true,
    source: 'Meta, The Llama 4 herd, 5 April 2025: text, images and video',
  },
  { year: 2025, model: 'Qwen3', count: 36e12, unit: 'tokens', source: 'Yang et al. 2025, arXiv 2505.09388' },
];
