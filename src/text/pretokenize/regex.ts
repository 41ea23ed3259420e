/**
 * Regular expressions of tokenizer files, written for Rust or Oniguruma, as JavaScript's: `\s` means Unicode's white space,
 * `(?i:…)` is spelled out, possessive quantifiers become greedy ones. For patterns without a scanner of their own.
 */
import { LookbackError } from '../../errors.ts';

const white = '\\t\\n\\v\\f\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';

/** @throws FILE_INVALID when JavaScript cannot express the pattern */
export function translateRegex(source: string, where: string): RegExp {
  try {
    return new RegExp(rewrite(source), 'gu');
  } catch (cause) {
    throw new LookbackError('FILE_INVALID', {
      where,
      expected: 'a regular expression that JavaScript can express too',
      got: source.slice(0, 80),
      cause,
    });
  }
}

function rewrite(source: string): string {
  let out = '';
  let inClass = false;
  // Depths of groups, and those that ignore case.
  const folded: boolean[] = [];
  for (let i = 0; i < source.length; i++) {
    const character = source[i];
    if (character === '\\') {
      const next = source[++i] ?? '';
      if (next === 's') out += inClass ? white : `[${white}]`;
      else if (next === 'S' && !inClass) out += `[^${white}]`;
      else if (next === 'h') out += inClass ? '\\t ' : '[\\t ]';
      else if (next === 'A') out += '^';
      else if (next === 'z') out += '$';
      else if (/[#\-'"`~!@%&=:;,<> _]/.test(next)) out += next === '-' && inClass ? '\\-' : next;
      else out += character + next;
    } else if (inClass) {
      out += character;
      if (character === ']') inClass = false;
    } else if (character === '[') {
      inClass = true;
      out += character;
    } else if (source.startsWith('(?i:', i)) {
      folded.push(true);
      out += '(?:';
      i += 3;
    } else if (source.startsWith('(?i)', i)) {
      throw new SyntaxError('a flag for the whole pattern');
    } else if (character === '(') {
      folded.push(false);
      out += character;
    } else if (character === ')') {
      folded.pop();
      out += character;
    } else if (character === '+' && /[+*?}]/.test(out.at(-1) ?? '') && source[i - 2] !== '\\') {
      // A possessive quantifier only forbids giving back.
    } else if (folded.includes(true) && character.toLowerCase() !== character.toUpperCase()) {
      out += `[${character.toLowerCase()}${character.toUpperCase()}${/s/i.test(character) ? 'ſ' : ''}]`;
    } else out += character;
  }
  return out;
}
