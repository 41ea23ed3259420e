/** Vocabularies for the Tokens page: which are on this machine, and one as JSON. Names only: no path is ever opened. */
import { hasVocabulary, loadTokenizer, tokenizerNames } from '../data/tokenizers.node.ts';
import { LookbackError } from '../errors.ts';

/** Those a site may bring along: MIT (OpenAI's) and Apache-2.0 (Qwen's). Llama's ask for their licence beside them. */
export const shippable: readonly string[] = ['gpt2', 'cl100k', 'o200k', 'qwen3'];

/** Names whose vocabularies are here; a page needs none for bytes. */
export function tokenizerList(): string[] {
  return tokenizerNames.filter((name) => name !== 'byte' && hasVocabulary(name));
}

/** What `tokenizerFromJSON` reads. @throws DATA_MISSING for no tokenizer's name, or one that is not on this machine */
export function tokenizerText(name: string): string {
  if (!tokenizerNames.includes(name)) {
    throw new LookbackError('DATA_MISSING', { where: 'tokenizer', problem: 'there is none of that name' });
  }
  return JSON.stringify(loadTokenizer(name).toJSON());
}
