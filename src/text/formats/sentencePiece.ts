/**
 * SentencePiece vocabularies: a `.model` file (google/sentencepiece src/sentencepiece_model.proto), or the same pieces from
 * elsewhere (GGUF). Unigram and BPE models; pieces of type UNUSED are never given.
 */
import { LookbackError } from '../../errors.ts';
import { fromBase64, toBase64 } from '../base64.ts';
import { CharacterBpe } from '../bpe/characterBpe.ts';
import { ScoreRules } from '../bpe/rules.ts';
import { Vocabulary } from '../bpe/vocabulary.ts';
import { CharacterMap } from '../normalize/charsmap.ts';
import { byteTokens, Unigram } from '../unigram/unigram.ts';
import { decodeUtf8, encodeUtf8 } from '../utf8.ts';
import { readDecoder } from './decoders.ts';
import { fields, list, refuse } from './fields.ts';
import { PipelineTokenizer } from './pipelineTokenizer.ts';
import { readProtobuf } from './protobuf.ts';

/** Kinds of piece, as the file numbers them. */
const NORMAL = 1;
const UNKNOWN = 2;
const CONTROL = 3;
const USER = 4;
const BYTE = 6;

const mark = '▁';

/** The stored form, and what every source of pieces is brought to. */
export interface SentencePieceJson {
  type: 'sentencepiece';
  version: 1;
  kind: 'unigram' | 'bpe';
  /** Text, score and kind of each piece. */
  pieces: [string, number, number][];
  /** A space before the text. */
  dummyPrefix: boolean;
  /** No spaces at the ends, single ones between. */
  trimSpaces: boolean;
  byteFallback: boolean;
  /** Base64, empty for none. */
  charsmap: string;
  /** Ids before and after a text. */
  before: number[];
  after: number[];
}

/** Reads a `.model` file. @throws FILE_INVALID when it is cut short, or of a kind other than unigram and bpe */
export function readSentencePiece(bytes: Uint8Array, where = 'SentencePiece model'): PipelineTokenizer {
  const json: SentencePieceJson = {
    type: 'sentencepiece',
    version: 1,
    kind: 'unigram',
    pieces: [],
    dummyPrefix: true,
    trimSpaces: true,
    byteFallback: false,
    charsmap: '',
    before: [],
    after: [],
  };
  for (const { number, bytes: value } of readProtobuf(bytes, where)) {
    if (!value) continue;
    if (number === 1) {
      const piece: [string, number, number] = ['', 0, NORMAL];
      for (const field of readProtobuf(value, `${where}: piece ${json.pieces.length}`)) {
        if (field.number === 1 && field.bytes) piece[0] = decodeUtf8(field.bytes);
        if (field.number === 2) piece[1] = field.float ?? 0;
        if (field.number === 3) piece[2] = field.integer ?? NORMAL;
      }
      json.pieces.push(piece);
    } else if (number === 2) {
      for (const field of readProtobuf(value, `${where}: trainer_spec`)) {
        if (field.number === 35) json.byteFallback = field.integer === 1;
        if (field.number !== 3) continue;
        if (field.integer !== 1 && field.integer !== 2)
          refuse(where, 'a unigram or bpe model', `kind ${field.integer}`);
        json.kind = field.integer === 1 ? 'unigram' : 'bpe';
      }
    } else if (number === 3) {
      for (const field of readProtobuf(value, `${where}: normalizer_spec`)) {
        if (field.number === 2 && field.bytes) json.charsmap = toBase64(field.bytes);
        if (field.number === 3) json.dummyPrefix = field.integer === 1;
        if (field.number === 4) json.trimSpaces = field.integer === 1;
      }
    }
  }
  return sentencePieceTokenizer(json, where);
}

/** A tokenizer from the stored form. @throws FILE_INVALID */
export function sentencePieceTokenizer(value: unknown, where = 'sentencepiece tokenizer'): PipelineTokenizer {
  const json = checked(value, where);
  const pieces = json.pieces.map(([text]) => text);
  const usable = json.pieces.map(([text, score, kind]) => ({
    text,
    score: kind === NORMAL || kind === USER ? score : Number.NaN,
  }));
  const unknownId = json.pieces.findIndex(([, , kind]) => kind === UNKNOWN);
  const unknown = unknownId < 0 ? undefined : unknownId;
  const byteIds = json.byteFallback || json.pieces.some(([, , kind]) => kind === BYTE) ? byteTokens(pieces) : undefined;
  if (unknown === undefined && !byteIds) refuse(where, 'an unknown piece or the 256 bytes', 'neither');
  const model =
    json.kind === 'unigram'
      ? new Unigram(usable, { unknown, byteFallback: byteIds !== undefined }, where)
      : scoredBpe(usable, unknown, byteIds, where);
  const charsmap = fromBase64(json.charsmap) ?? refuse(`${where}: charsmap`, 'base64', json.charsmap);
  const map = charsmap.length > 0 ? new CharacterMap(charsmap, `${where}: precompiled_charsmap`) : undefined;
  const normalize = (text: string): string => {
    let out = map ? map.apply(text) : text;
    if (json.trimSpaces) out = out.replace(/^ +| +$/g, '').replace(/ {2,}/g, ' ');
    return out.split(' ').join(mark);
  };
  const strip = { type: 'Strip', content: ' ', start: 1, stop: 0 };
  const decoders = [
    { type: 'Replace', pattern: { String: mark }, content: ' ' },
    { type: 'ByteFallback' },
    { type: 'Fuse' },
  ];
  return new PipelineTokenizer({
    pieces,
    added: json.pieces.flatMap(([content, , kind], id) =>
      kind === CONTROL || kind === USER || kind === UNKNOWN ? [{ id, content, special: kind !== USER }] : [],
    ),
    normalize,
    preTokenize: (piece, first) => (piece === '' ? [] : [json.dummyPrefix && first ? mark + piece : piece]),
    model,
    frame: { before: json.before, after: json.after },
    decode: readDecoder({ type: 'Sequence', decoders: json.dummyPrefix ? [...decoders, strip] : decoders }),
    stored: json,
  });
}

function scoredBpe(
  pieces: readonly { text: string; score: number }[],
  unknown: number | undefined,
  byteIds: Int32Array | undefined,
  where: string,
): CharacterBpe {
  const usable = pieces.map(({ text, score }) => (Number.isNaN(score) ? undefined : encodeUtf8(text)));
  const scores = pieces.map(({ score }) => score);
  const ids = new Map<string, number>();
  pieces.forEach(({ text, score }, id) => {
    if (!Number.isNaN(score) && !ids.has(text)) ids.set(text, id);
  });
  const rules = new ScoreRules(new Vocabulary(usable, where), scores);
  return new CharacterBpe(ids, rules, { unknown, byteIds, fuseUnknown: true });
}

function checked(value: unknown, where: string): SentencePieceJson {
  const stored = fields(value, where);
  if (stored.type !== 'sentencepiece' || stored.version !== 1) {
    throw new LookbackError('FILE_INVALID', {
      where,
      expected: "type 'sentencepiece' and version 1",
      got: String(stored.type),
    });
  }
  const pieces = list(stored.pieces, `${where}: pieces`);
  if (pieces.length === 0) refuse(`${where}: pieces`, 'at least one piece', 'none');
  pieces.forEach((piece, i) => {
    const [text, score, kind] = Array.isArray(piece) ? piece : [];
    const good = typeof text === 'string' && text !== '' && Number.isFinite(score) && Number.isInteger(kind);
    if (!good) refuse(`${where}: piece ${i}`, 'a text, a score and a kind', piece);
  });
  return stored as unknown as SentencePieceJson;
}
