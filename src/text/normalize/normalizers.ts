/** The normalizers of a Hugging Face tokenizer.json: each turns a text into another before it is cut. */
import { fromBase64 } from '../base64.ts';
import { type Fields, fields, list, refuse, text } from '../formats/fields.ts';
import { categoryOf, isWhiteSpace } from '../pretokenize/classes.ts';
import { translateRegex } from '../pretokenize/regex.ts';
import { CharacterMap } from './charsmap.ts';

export type Normalizer = (text: string) => string;

/** @throws FILE_INVALID for a type that is not known, naming it */
export function readNormalizer(json: unknown, where = 'normalizer'): Normalizer {
  if (json === null || json === undefined) return (value) => value;
  const stored = fields(json, where);
  switch (stored.type) {
    case 'Sequence': {
      const steps = list(stored.normalizers, `${where}.normalizers`).map((step, i) =>
        readNormalizer(step, `${where}.${i}`),
      );
      return (value) => steps.reduce((sofar, step) => step(sofar), value);
    }
    case 'NFC':
    case 'NFD':
    case 'NFKC':
    case 'NFKD': {
      const form = stored.type;
      return (value) => value.normalize(form);
    }
    case 'Lowercase':
      return (value) => value.toLowerCase();
    case 'StripAccents':
      return stripAccents;
    case 'Strip':
      return (value) => strip(value, stored.strip_left !== false, stored.strip_right !== false);
    case 'Prepend': {
      const prefix = text(stored.prepend, `${where}.prepend`);
      return (value) => (value === '' ? '' : prefix + value);
    }
    case 'Replace':
      return readReplace(stored, where);
    case 'Precompiled': {
      const bytes = fromBase64(text(stored.precompiled_charsmap, `${where}.precompiled_charsmap`));
      if (!bytes) return refuse(`${where}.precompiled_charsmap`, 'base64', 'something else');
      if (bytes.length === 0) return (value) => value;
      const map = new CharacterMap(bytes, `${where}.precompiled_charsmap`);
      return (value) => map.apply(value);
    }
    case 'Nmt':
      return nmt;
    case 'BertNormalizer':
      return bertNormalizer(stored);
    default:
      return refuse(`${where}.type`, 'a normalizer that is known', stored.type);
  }
}

/** `Replace` of a string or a regular expression, as normalizer and as decoder. */
export function readReplace(stored: Fields, where: string): Normalizer {
  const pattern = fields(stored.pattern, `${where}.pattern`);
  const content = text(stored.content, `${where}.content`);
  if (typeof pattern.String === 'string') {
    const from = pattern.String;
    return from === '' ? (value) => value : (value) => value.split(from).join(content);
  }
  const regex = translateRegex(text(pattern.Regex, `${where}.pattern.Regex`), `${where}.pattern`);
  return (value) => value.replace(regex, () => content);
}

/** Without white space (Unicode's) at either end. */
export function strip(value: string, left = true, right = true): string {
  let start = 0;
  let end = value.length;
  while (left && start < end && isWhiteSpace(value.charCodeAt(start))) start++;
  while (right && end > start && isWhiteSpace(value.charCodeAt(end - 1))) end--;
  return value.slice(start, end);
}

function mapCharacters(value: string, change: (code: number, character: string) => string): string {
  let out = '';
  for (const character of value) out += change(character.codePointAt(0) ?? 0, character);
  return out;
}

function stripAccents(value: string): string {
  return mapCharacters(value.normalize('NFD'), (code, character) => (categoryOf(code) === 'Mn' ? '' : character));
}

/** SentencePiece's cleaning for translation: control characters go, odd spaces become a space. */
function nmt(value: string): string {
  return mapCharacters(value, (code, character) => {
    if (
      (code >= 1 && code <= 8) ||
      code === 11 ||
      (code >= 14 && code <= 31) ||
      code === 127 ||
      code === 0x8f ||
      code === 0x9f
    )
      return '';
    const space =
      code === 9 ||
      code === 10 ||
      code === 12 ||
      code === 13 ||
      code === 0x1680 ||
      (code >= 0x200b && code <= 0x200f) ||
      code === 0x2028 ||
      code === 0x2029 ||
      code === 0x2581 ||
      code === 0xfeff ||
      code === 0xfffd; // prettier-ignore
    return space ? ' ' : character;
  });
}

/** google-research/bert tokenization.py: clean, space out Chinese characters, strip accents, lower case. */
function bertNormalizer(stored: Fields): Normalizer {
  const lower = stored.lowercase !== false;
  const accents = stored.strip_accents === null || stored.strip_accents === undefined ? lower : stored.strip_accents;
  return (value) => {
    let out = value;
    if (stored.clean_text !== false) {
      out = mapCharacters(out, (code, character) => {
        if (code === 9 || code === 10 || code === 13) return ' ';
        // Before white space, so that U+0085 goes; code points that are not assigned stay.
        const category = categoryOf(code);
        if (code === 0xfffd || (category[0] === 'C' && category !== 'Cn')) return '';
        return isWhiteSpace(code) ? ' ' : character;
      });
    }
    if (stored.handle_chinese_chars !== false) {
      out = mapCharacters(out, (code, character) => (isChinese(code) ? ` ${character} ` : character));
    }
    if (accents) out = stripAccents(out);
    return lower ? out.toLowerCase() : out;
  };
}

/** The blocks of CJK unified and compatibility ideographs that BERT names. */
function isChinese(code: number): boolean {
  return (
    (code >= 0x4e00 && code <= 0x9fff) ||
    (code >= 0x3400 && code <= 0x4dbf) ||
    (code >= 0x20000 && code <= 0x2a6df) ||
    (code >= 0x2a700 && code <= 0x2b73f) ||
    (code >= 0x2b740 && code <= 0x2b81f) ||
    (code >= 0x2b820 && code <= 0x2ceaf) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0x2f800 && code <= 0x2fa1f)
  );
}
