/** Older vocabularies in several files: GPT-2's vocab.json with merges.txt, and BERT's vocab.txt. */
import type { BytePairTokenizer } from '../bpe/bytePairTokenizer.ts';
import { refuse } from './fields.ts';
import { readTokenizerJson } from './huggingface.ts';
import type { PipelineTokenizer } from './pipelineTokenizer.ts';

/** @throws FILE_INVALID */
export function readGpt2Files(
  vocabulary: unknown,
  merges: string,
  where = 'vocab.json',
): BytePairTokenizer | PipelineTokenizer {
  const lines = merges.split('\n').filter((line) => line !== '' && !line.startsWith('#version'));
  const ids = (typeof vocabulary === 'object' && vocabulary !== null ? vocabulary : {}) as Record<string, number>;
  const special = Object.keys(ids).filter((token) => /^<\|.*\|>$/.test(token));
  return readTokenizerJson(
    {
      added_tokens: special.map((content) => ({ id: ids[content], content, special: true })),
      pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, use_regex: true },
      decoder: { type: 'ByteLevel' },
      model: { type: 'BPE', vocab: vocabulary, merges: lines },
    },
    where,
  );
}

/** @param text one piece a line @throws FILE_INVALID when there is no [UNK], [CLS] or [SEP] */
export function readBertVocabulary(text: string, where = 'vocab.txt'): BytePairTokenizer | PipelineTokenizer {
  const pieces = text.replace(/\r?\n$/, '').split(/\r?\n/);
  const vocab = Object.fromEntries(pieces.map((piece, id) => [piece, id]));
  for (const name of ['[UNK]', '[CLS]', '[SEP]']) if (!(name in vocab)) refuse(where, name, 'a vocabulary without it');
  const control = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'].filter((name) => name in vocab);
  // A cased vocabulary has capital letters of its own.
  const lowercase = !pieces.includes('A');
  return readTokenizerJson(
    {
      added_tokens: control.map((content) => ({ id: vocab[content], content, special: true })),
      normalizer: { type: 'BertNormalizer', lowercase },
      pre_tokenizer: { type: 'BertPreTokenizer' },
      post_processor: { type: 'BertProcessing', cls: ['[CLS]', vocab['[CLS]']], sep: ['[SEP]', vocab['[SEP]']] },
      decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
      model: { type: 'WordPiece', unk_token: '[UNK]', continuing_subword_prefix: '##', vocab },
    },
    where,
  );
}
