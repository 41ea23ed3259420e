/** The decoders of a Hugging Face tokenizer.json: from the pieces of ids to text, step by step. */
import { readReplace } from '../normalize/normalizers.ts';
import { fromByteLevel } from '../pretokenize/byteLevel.ts';
import { decodeUtf8, encodeUtf8 } from '../utf8.ts';
import { type Fields, fields, list, refuse, text } from './fields.ts';

export type Decoder = (pieces: string[]) => string[];

/** @throws FILE_INVALID for a type that is not known, naming it */
export function readDecoder(json: unknown, where = 'decoder'): Decoder {
  if (json === null || json === undefined) return (pieces) => pieces;
  const stored = fields(json, where);
  switch (stored.type) {
    case 'Sequence': {
      const steps = list(stored.decoders, `${where}.decoders`).map((step, i) => readDecoder(step, `${where}.${i}`));
      return (pieces) => steps.reduce((sofar, step) => step(sofar), pieces);
    }
    case 'ByteLevel':
      return (pieces) => [decodeUtf8(joinBytes(pieces.map((piece) => fromByteLevel(piece) ?? encodeUtf8(piece))))];
    case 'Replace': {
      const replace = readReplace(stored, where);
      return (pieces) => pieces.map(replace);
    }
    case 'ByteFallback':
      return byteFallback;
    case 'Fuse':
      return (pieces) => [pieces.join('')];
    case 'Strip':
      return strip(stored, where);
    case 'Metaspace': {
      const mark = typeof stored.replacement === 'string' ? stored.replacement : '▁';
      const prefix =
        stored.prepend_scheme === undefined ? stored.add_prefix_space !== false : stored.prepend_scheme !== 'never';
      return (pieces) =>
        pieces.map((piece, i) =>
          (i === 0 && prefix && piece.startsWith(mark) ? piece.slice(mark.length) : piece).split(mark).join(' '),
        );
    }
    case 'WordPiece': {
      const prefix = typeof stored.prefix === 'string' ? stored.prefix : '##';
      const clean = stored.cleanup !== false;
      return (pieces) =>
        pieces.map((piece, i) => {
          const joined = piece.startsWith(prefix) && i > 0 ? piece.slice(prefix.length) : i > 0 ? ` ${piece}` : piece;
          return clean ? cleanUp(joined) : joined;
        });
    }
    case 'BPEDecoder': {
      const suffix = typeof stored.suffix === 'string' ? stored.suffix : '</w>';
      return (pieces) => pieces.map((piece, i) => piece.replaceAll(suffix, i === pieces.length - 1 ? '' : ' '));
    }
    default:
      return refuse(`${where}.type`, 'a decoder that is known', stored.type);
  }
}

/** Runs of `<0xAB>` as the text of their bytes; bytes that are no text become one U+FFFD each. */
function byteFallback(pieces: string[]): string[] {
  const out: string[] = [];
  let bytes: number[] = [];
  const flush = () => {
    if (bytes.length === 0) return;
    const decoded = decodeUtf8(Uint8Array.from(bytes));
    if (decoded.includes('\uFFFD')) for (const _ of bytes) out.push('\uFFFD');
    else out.push(decoded);
    bytes = [];
  };
  for (const piece of pieces) {
    const match = /^<0x([0-9A-Fa-f]{2})>$/.exec(piece);
    if (match) bytes.push(Number.parseInt(match[1], 16));
    else {
      flush();
      out.push(piece);
    }
  }
  flush();
  return out;
}

function strip(stored: Fields, where: string): Decoder {
  const content = text(stored.content, `${where}.content`);
  const start = Number(stored.start ?? 0);
  const stop = Number(stored.stop ?? 0);
  return (pieces) =>
    pieces.map((piece) => {
      let from = 0;
      let to = piece.length;
      for (let i = 0; i < start && piece.startsWith(content, from) && content !== ''; i++) from += content.length;
      for (let i = 0; i < stop && to > from && piece.slice(from, to).endsWith(content) && content !== ''; i++)
        to -= content.length;
      return piece.slice(from, to);
    });
}

/** Hugging Face's removal of spaces before punctuation and in English contractions. */
function cleanUp(piece: string): string {
  return piece
    .replaceAll(' .', '.')
    .replaceAll(' ?', '?')
    .replaceAll(' !', '!')
    .replaceAll(' ,', ',')
    .replaceAll(" ' ", "'")
    .replaceAll(" n't", "n't")
    .replaceAll(" 'm", "'m")
    .replaceAll(' do not', " don't")
    .replaceAll(" 's", "'s")
    .replaceAll(" 've", "'ve")
    .replaceAll(" 're", "'re");
}

function joinBytes(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
