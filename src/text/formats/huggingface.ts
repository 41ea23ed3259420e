/**
 * Hugging Face's tokenizer.json (the format of the `tokenizers` library, version 1.0): read, and written for byte-level BPE.
 *
 * Read are the stages that GPT-2, cl100k, o200k, Llama 2 and 3, Qwen, BERT and T5 use; a stage of another kind is refused by
 * its name. Truncation and padding are not read: they belong to batches.
 */
import { LookbackError } from '../../errors.ts';
import { BytePairTokenizer } from '../bpe/bytePairTokenizer.ts';
import { CharacterBpe } from '../bpe/characterBpe.ts';
import { PairRules } from '../bpe/rules.ts';
import { readNormalizer } from '../normalize/normalizers.ts';
import { type PieceModel, WordLevel } from '../pieceModel.ts';
import { fromByteLevel } from '../pretokenize/byteLevel.ts';
import { readPreTokenizer } from '../pretokenize/preTokenizers.ts';
import { type PatternName, patternOf } from '../pretokenize/scanners.ts';
import { byteTokens, Unigram } from '../unigram/unigram.ts';
import { WordPiece } from '../wordpiece/wordPiece.ts';
import { readDecoder } from './decoders.ts';
import { type Fields, fields, id, list, refuse, text } from './fields.ts';
import { type AddedToken, PipelineTokenizer } from './pipelineTokenizer.ts';
import { readPostProcessor } from './postProcessors.ts';

/** A tokenizer from the parsed tokenizer.json. @throws FILE_INVALID with the path of what cannot be read */
export function readTokenizerJson(json: unknown, where = 'tokenizer.json'): BytePairTokenizer | PipelineTokenizer {
  const stored = fields(json, where);
  const model = fields(stored.model, `${where}: model`);
  const added = list(stored.added_tokens ?? [], `${where}: added_tokens`).map((token, i) =>
    readAdded(token, `${where}: added_tokens.${i}`),
  );
  const kind = model.type ?? (model.merges ? 'BPE' : Array.isArray(model.vocab) ? 'Unigram' : 'WordPiece');
  if (kind === 'Unigram') return readUnigram(stored, model, added, where);
  const ids = readVocabulary(model.vocab, `${where}: model.vocab`);
  const fast = kind === 'BPE' ? readByteLevel(stored, model, ids, added, where) : undefined;
  if (fast) return fast;
  let pieces: PieceModel;
  if (kind === 'BPE') pieces = readBpe(model, ids, where);
  else if (kind === 'WordPiece') {
    const unknown = typeof model.unk_token === 'string' ? model.unk_token : undefined;
    const continuing =
      typeof model.continuing_subword_prefix === 'string' ? model.continuing_subword_prefix : undefined;
    const longest = typeof model.max_input_chars_per_word === 'number' ? model.max_input_chars_per_word : undefined;
    pieces = new WordPiece(ids, { unknown, continuing, longest }, `${where}: model`);
  } else if (kind === 'WordLevel') pieces = new WordLevel(ids, ids.get(String(model.unk_token)));
  else return refuse(`${where}: model.type`, 'BPE, WordPiece, Unigram or WordLevel', kind);
  return assemble(stored, byId(ids), pieces, added, where);
}

/** Text of a tokenizer.json. @throws FILE_INVALID when it is not JSON */
export function parseTokenizerJson(content: string, where = 'tokenizer.json'): BytePairTokenizer | PipelineTokenizer {
  let json: unknown;
  try {
    json = JSON.parse(content);
  } catch (cause) {
    throw new LookbackError('FILE_INVALID', {
      where,
      problem: 'it is not JSON, or cut short',
      next: 'Fetch it again',
      cause,
    });
  }
  return readTokenizerJson(json, where);
}

function assemble(
  stored: Fields,
  pieces: readonly (string | undefined)[],
  model: PieceModel,
  added: readonly AddedToken[],
  where: string,
): PipelineTokenizer {
  return new PipelineTokenizer({
    pieces,
    added,
    model,
    normalize: readNormalizer(stored.normalizer, `${where}: normalizer`),
    preTokenize: readPreTokenizer(stored.pre_tokenizer, `${where}: pre_tokenizer`),
    frame: readPostProcessor(stored.post_processor, `${where}: post_processor`),
    decode: readDecoder(stored.decoder, `${where}: decoder`),
    stored: { ...stored, type: 'huggingface', version: 1 },
  });
}

function readAdded(value: unknown, where: string): AddedToken {
  const token = fields(value, where);
  return {
    id: id(token.id, `${where}.id`),
    content: text(token.content, `${where}.content`),
    special: token.special === true,
    takesLeft: token.lstrip === true,
    takesRight: token.rstrip === true,
    singleWord: token.single_word === true,
    normalized: token.normalized === true,
  };
}

function readVocabulary(value: unknown, where: string): Map<string, number> {
  const ids = new Map<string, number>();
  const seen = new Set<number>();
  for (const [piece, number] of Object.entries(fields(value, where))) {
    const place = id(number, `${where}: ${JSON.stringify(piece.slice(0, 20))}`);
    if (seen.has(place)) return refuse(where, 'a different id for each token', `id ${place} twice`);
    seen.add(place);
    ids.set(piece, place);
  }
  if (ids.size === 0) return refuse(where, 'at least one token', 'none');
  return ids;
}

function byId(ids: ReadonlyMap<string, number>): (string | undefined)[] {
  const pieces: (string | undefined)[] = [];
  for (const [piece, place] of ids) pieces[place] = piece;
  return pieces;
}

/** Merges as ids: `left right` or [left, right]. @throws FILE_INVALID for a token that is not in the vocabulary */
function readMerges(
  value: unknown,
  ids: ReadonlyMap<string, number>,
  where: string,
  continuing = '',
): { pairs: Int32Array; tokens: Int32Array } {
  const entries = list(value, where);
  const pairs = new Int32Array(entries.length * 2);
  const tokens = new Int32Array(entries.length);
  entries.forEach((entry, i) => {
    const parts = typeof entry === 'string' ? entry.split(' ') : list(entry, `${where}.${i}`);
    const [left, right] = parts.map((part) => text(part, `${where}.${i}`));
    if (parts.length !== 2) refuse(`${where}.${i}`, 'two tokens', entry);
    const joined = left + (continuing !== '' && right.startsWith(continuing) ? right.slice(continuing.length) : right);
    [left, right, joined].forEach((piece, k) => {
      const place = ids.get(piece);
      if (place === undefined) refuse(`${where}.${i}`, 'tokens of the vocabulary', piece);
      else if (k < 2) pairs[i * 2 + k] = place;
      else tokens[i] = place;
    });
  });
  return { pairs, tokens };
}

function readBpe(model: Fields, ids: ReadonlyMap<string, number>, where: string): PieceModel {
  const continuing = typeof model.continuing_subword_prefix === 'string' ? model.continuing_subword_prefix : '';
  const { pairs, tokens } = readMerges(model.merges ?? [], ids, `${where}: model.merges`, continuing);
  const pieces = byId(ids);
  return new CharacterBpe(ids, new PairRules(pairs, tokens, `${where}: model.merges`), {
    unknown: typeof model.unk_token === 'string' ? ids.get(model.unk_token) : undefined,
    byteIds: model.byte_fallback === true ? byteTokens(Array.from(pieces, (piece) => piece ?? '')) : undefined,
    fuseUnknown: model.fuse_unk === true,
    continuing,
    ending: typeof model.end_of_word_suffix === 'string' ? model.end_of_word_suffix : '',
    wholeWords: model.ignore_merges === true,
  });
}

function readUnigram(stored: Fields, model: Fields, added: readonly AddedToken[], where: string): PipelineTokenizer {
  const path = `${where}: model.vocab`;
  const control = new Set(added.filter(({ special }) => special).map((token) => token.id));
  const pieces = list(model.vocab, path).map((entry, i) => {
    const [piece, score] = list(entry, `${path}.${i}`);
    if (typeof score !== 'number') refuse(`${path}.${i}`, 'a piece and its score', entry);
    return { text: text(piece, `${path}.${i}`), score: score as number };
  });
  const unknown =
    model.unk_id === null || model.unk_id === undefined ? undefined : id(model.unk_id, `${where}: model.unk_id`);
  const usable = pieces.map(({ text: piece, score }, i) => ({
    text: piece,
    score: control.has(i) ? Number.NaN : score,
  }));
  const unigram = new Unigram(usable, { unknown, byteFallback: model.byte_fallback === true }, `${where}: model`);
  return assemble(
    stored,
    pieces.map((piece) => piece.text),
    unigram,
    added,
    where,
  );
}

/** The byte-level tokenizer a file describes, when it is one and nothing else. */
function readByteLevel(
  stored: Fields,
  model: Fields,
  ids: ReadonlyMap<string, number>,
  added: readonly AddedToken[],
  where: string,
): BytePairTokenizer | undefined {
  const pattern = byteLevelPattern(stored.pre_tokenizer);
  const normalizer = stored.normalizer as Fields | null | undefined;
  const nfc = normalizer?.type === 'NFC';
  if (!pattern || (normalizer && !nfc) || model.continuing_subword_prefix || model.end_of_word_suffix) return undefined;
  const frame = readPostProcessor(stored.post_processor, `${where}: post_processor`);
  if (
    frame.before.length > 0 ||
    frame.after.length > 0 ||
    added.some((token) => token.takesLeft || token.takesRight || token.singleWord)
  ) {
    return undefined;
  }
  const outside = new Set(added.map(({ content }) => content));
  const tokens: (Uint8Array | undefined)[] = [];
  for (const [piece, place] of ids) {
    if (outside.has(piece)) continue;
    const bytes = fromByteLevel(piece);
    if (!bytes) return undefined;
    tokens[place] = bytes;
  }
  return new BytePairTokenizer({
    tokens: Array.from(tokens),
    merges: readMerges(model.merges ?? [], ids, `${where}: model.merges`),
    special: added.map(({ content, id: place }) => [content, place] as const),
    plain: added.filter(({ special }) => !special).map(({ content }) => content),
    pattern,
    wholeWords: model.ignore_merges === true,
    normalizeNfc: nfc,
    where,
  });
}

/** GPT-2's ByteLevel, or a split by a known pattern followed by a ByteLevel that only maps bytes. */
function byteLevelPattern(value: unknown): PatternName | undefined {
  const stored = (value ?? {}) as Fields;
  if (stored.type === 'ByteLevel') {
    if (stored.add_prefix_space === true) return undefined;
    return stored.use_regex === false ? 'none' : 'gpt2';
  }
  if (stored.type !== 'Sequence' || !Array.isArray(stored.pretokenizers) || stored.pretokenizers.length !== 2)
    return undefined;
  const [split, bytes] = stored.pretokenizers as Fields[];
  const regex = (split?.pattern as Fields | undefined)?.Regex;
  const cuts = split?.type === 'Split' && split.behavior === 'Isolated' && split.invert !== true;
  const maps = bytes?.type === 'ByteLevel' && bytes.use_regex === false && bytes.add_prefix_space !== true;
  return cuts && maps && typeof regex === 'string' ? patternOf(regex) : undefined;
}
