/** Generation, one token after another. It sees token ids only: no text, no tokenizer. */
import { LookbackError } from '../errors.ts';
import type { Generative } from '../models/decoder.ts';
import { Random } from '../random.ts';
import { greedy, type Sampler } from './samplers.ts';

export interface GenerateOptions {
  /** Most tokens to write. */
  length: number;
  /** How a token is chosen; greedy by default. */
  sampler?: Sampler;
  /** Needed by every sampler but greedy. */
  random?: Random;
  /** Ids that end the text; they are not yielded. */
  stop?: readonly number[];
}

/**
 * Yields the ids that follow `prompt`, one at a time, as they are made.
 *
 * @throws LookbackError BAD_ARGUMENT for an empty prompt or a missing random stream, INDEX_OUT_OF_RANGE for an id the model does not know.
 */
export async function* generate(
  model: Generative,
  prompt: ArrayLike<number>,
  { length, sampler = greedy, random, stop = [] }: GenerateOptions,
): AsyncGenerator<number, void, undefined> {
  const decoder = model.decoder();
  try {
    checkPrompt('generate', prompt, decoder.vocabulary);
    if (!random && sampler !== greedy) {
      throw new LookbackError('BAD_ARGUMENT', {
        where: 'generate',
        problem: 'a sampler that draws was given no random stream',
        next: 'Pass random: new Random(seed), or leave the sampler out for the likeliest token',
      });
    }
    const stream = random ?? new Random(0);
    let fresh: ArrayLike<number> = prompt;
    for (let count = 0; count < length; count++) {
      const [logits] = await decoder.feed([fresh]);
      const id = sampler(logits, stream);
      if (stop.includes(id)) return;
      yield id;
      fresh = [id];
    }
  } finally {
    decoder.dispose();
  }
}

/** Refuses a prompt that is empty or holds an id outside the vocabulary. */
export function checkPrompt(where: string, prompt: ArrayLike<number>, vocabulary: number): void {
  if (prompt.length === 0) {
    throw new LookbackError('BAD_ARGUMENT', {
      where,
      expected: 'a prompt of at least one token',
      got: 'an empty one',
      next: 'Start from a token that begins a text, such as a newline',
    });
  }
  for (let i = 0; i < prompt.length; i++) {
    if (Number.isInteger(prompt[i]) && prompt[i] >= 0 && prompt[i] < vocabulary) continue;
    throw new LookbackError('INDEX_OUT_OF_RANGE', {
      where: `${where}: prompt`,
      expected: `token ids from 0 to ${vocabulary - 1}`,
      got: `${prompt[i]} at index ${i}`,
      next: 'Encode the prompt with the tokenizer that the model was trained with',
    });
  }
}
