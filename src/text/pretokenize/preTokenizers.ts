/** The pre-tokenizers of a Hugging Face tokenizer.json: each cuts pieces of text into smaller ones. */
import { type Fields, fields, list, refuse, text } from '../formats/fields.ts';
import { decodeUtf8, encodeUtf8 } from '../utf8.ts';
import { toByteLevel } from './byteLevel.ts';
import { categoryOf, isWhiteSpace } from './classes.ts';
import { translateRegex } from './regex.ts';
import { patternOf, patterns, type Scanner } from './scanners.ts';

/** @param first whether the piece begins the text, where Metaspace may put its prefix */
export type PreTokenizer = (piece: string, first: boolean) => string[];

type Behaviour = 'Removed' | 'Isolated' | 'MergedWithPrevious' | 'MergedWithNext' | 'Contiguous';
const behaviours: readonly string[] = ['Removed', 'Isolated', 'MergedWithPrevious', 'MergedWithNext', 'Contiguous'];

/** @throws FILE_INVALID for a type that is not known, naming it */
export function readPreTokenizer(json: unknown, where = 'pre_tokenizer'): PreTokenizer {
  if (json === null || json === undefined) return (piece) => [piece];
  const stored = fields(json, where);
  switch (stored.type) {
    case 'Sequence': {
      const path = `${where}.pretokenizers`;
      const steps = list(stored.pretokenizers, path).map((step, i) => readPreTokenizer(step, `${path}.${i}`));
      return (piece, first) =>
        steps.reduce((pieces, step) => pieces.flatMap((one, i) => step(one, first && i === 0)), [piece]);
    }
    case 'ByteLevel':
      return byteLevel(stored);
    case 'Whitespace':
      return (piece) => piece.match(wordsAndSymbols) ?? [];
    case 'WhitespaceSplit':
      return (piece) => splitBy(piece, (code) => isWhiteSpace(code), 'Removed');
    case 'BertPreTokenizer':
      return (piece) =>
        splitBy(piece, isWhiteSpace, 'Removed').flatMap((word) => splitBy(word, isBertPunctuation, 'Isolated'));
    case 'Punctuation': {
      const behaviour = readBehaviour(stored, where);
      return (piece) => splitBy(piece, isBertPunctuation, behaviour);
    }
    case 'Digits': {
      const behaviour = stored.individual_digits === true ? 'Isolated' : 'Contiguous';
      return (piece) => splitBy(piece, (code) => categoryOf(code)[0] === 'N', behaviour);
    }
    case 'CharDelimiterSplit': {
      const code = text(stored.delimiter, `${where}.delimiter`).codePointAt(0);
      return (piece) => splitBy(piece, (other) => other === code, 'Removed');
    }
    case 'Metaspace':
      return metaspace(stored);
    case 'Split':
      return split(stored, where);
    default:
      return refuse(`${where}.type`, 'a pre-tokenizer that is known', stored.type);
  }
}

/** Rust's `\w+|[^\w\s]+`: word characters in Unicode's sense, or runs of what is neither that nor white space. */
const word = String.raw`\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\u200c\u200d`;
const white = String.raw`\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000`;
const wordsAndSymbols = new RegExp(`[${word}]+|[^${word}${white}]+`, 'gu');

/** ASCII symbols count as punctuation, as in BERT. */
function isBertPunctuation(code: number): boolean {
  const symbol = (code >= 33 && code <= 47) || (code >= 58 && code <= 64) || (code >= 91 && code <= 96);
  return symbol || (code >= 123 && code <= 126) || categoryOf(code)[0] === 'P';
}

function byteLevel(stored: Fields): PreTokenizer {
  const prefix = stored.add_prefix_space === true;
  const cut = stored.use_regex !== false;
  return (piece) => {
    const whole = prefix && !piece.startsWith(' ') ? ` ${piece}` : piece;
    const bytes = encodeUtf8(whole);
    const pieces = cut ? scanAll(patterns.gpt2.scan, bytes) : [bytes];
    return pieces.map(toByteLevel);
  };
}

function scanAll(scan: Scanner, bytes: Uint8Array): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let start = 0; start < bytes.length; ) {
    const end = scan(bytes, start, bytes.length);
    pieces.push(bytes.subarray(start, end));
    start = end;
  }
  return pieces;
}

function metaspace(stored: Fields): PreTokenizer {
  const mark = typeof stored.replacement === 'string' ? stored.replacement : '▁';
  // Older files say add_prefix_space, newer ones prepend_scheme.
  const scheme = stored.prepend_scheme ?? (stored.add_prefix_space === false ? 'never' : 'always');
  return (piece, first) => {
    let marked = piece.split(' ').join(mark);
    if ((scheme === 'always' || (scheme === 'first' && first)) && !marked.startsWith(mark)) marked = mark + marked;
    if (stored.split === false) return marked === '' ? [] : [marked];
    return splitBy(marked, (code) => code === mark.codePointAt(0), 'MergedWithNext');
  };
}

function split(stored: Fields, where: string): PreTokenizer {
  const pattern = fields(stored.pattern, `${where}.pattern`);
  const behaviour = readBehaviour(stored, where);
  const invert = stored.invert === true;
  const expression = pattern.Regex;
  const known = typeof expression === 'string' ? patternOf(expression) : undefined;
  if (known && behaviour === 'Isolated') {
    return (piece) => scanAll(patterns[known].scan, encodeUtf8(piece)).map(decodeUtf8);
  }
  const literal =
    typeof pattern.String === 'string' ? pattern.String.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&') : undefined;
  const regex =
    literal === undefined
      ? translateRegex(text(expression, `${where}.pattern.Regex`), `${where}.pattern`)
      : new RegExp(literal, 'gu');
  return (piece) => {
    const parts: Part[] = [];
    let from = 0;
    for (const match of piece.matchAll(regex)) {
      if (match[0] === '') continue;
      if (match.index > from) parts.push({ text: piece.slice(from, match.index), matched: invert });
      parts.push({ text: match[0], matched: !invert });
      from = match.index + match[0].length;
    }
    if (from < piece.length) parts.push({ text: piece.slice(from), matched: invert });
    return arrange(parts, behaviour);
  };
}

function readBehaviour(stored: Fields, where: string): Behaviour {
  const name = String(stored.behavior ?? 'Isolated');
  const found = behaviours.find((known) => known.toLowerCase() === name.toLowerCase().replaceAll('_', ''));
  return (found as Behaviour | undefined) ?? refuse(`${where}.behavior`, behaviours.join(', '), name);
}

interface Part {
  text: string;
  matched: boolean;
}

function splitBy(piece: string, isDelimiter: (code: number) => boolean, behaviour: Behaviour): string[] {
  const parts: Part[] = [];
  let plain = '';
  for (const character of piece) {
    if (!isDelimiter(character.codePointAt(0) ?? 0)) plain += character;
    else {
      if (plain !== '') parts.push({ text: plain, matched: false });
      plain = '';
      parts.push({ text: character, matched: true });
    }
  }
  if (plain !== '') parts.push({ text: plain, matched: false });
  return arrange(parts, behaviour);
}

/** What becomes of matches and of what lies between them. */
function arrange(parts: readonly Part[], behaviour: Behaviour): string[] {
  const pieces: string[] = [];
  let previous: Part | undefined;
  for (const part of parts) {
    const joins =
      previous !== undefined &&
      ((behaviour === 'Contiguous' && part.matched === previous.matched) ||
        (behaviour === 'MergedWithPrevious' && part.matched && !previous.matched) ||
        (behaviour === 'MergedWithNext' && !part.matched && previous.matched));
    if (behaviour === 'Removed' && part.matched) {
      previous = part;
      continue;
    }
    if (joins) pieces[pieces.length - 1] += part.text;
    else pieces.push(part.text);
    previous = part;
  }
  return pieces;
}
