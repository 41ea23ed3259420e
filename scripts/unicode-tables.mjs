/**
 * Writes src/text/pretokenize/unicode.generated.ts: the general category of every code point as run lengths, taken from
 * this Node's own tables, so that a tokenizer gives the same ids in every engine. Run it to move to a newer Unicode.
 */
import { writeFileSync } from 'node:fs';

const categories = 'Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So Zs Zl Zp Cc Cf Cs Co Cn'.split(
  ' ',
);
const tests = categories.map((name) => new RegExp(`^\\p{${name}}$`, 'u'));
let runs = '';
let previous = -1;
let length = 0;
const flush = () => {
  if (length > 0) runs += String.fromCharCode(65 + previous) + (length === 1 ? '' : length.toString(10));
};
for (let code = 0; code < 0x110000; code++) {
  const character = String.fromCodePoint(code);
  const category =
    previous >= 0 && tests[previous].test(character) ? previous : tests.findIndex((test) => test.test(character));
  if (category !== previous) {
    flush();
    previous = category;
    length = 0;
  }
  length++;
}
flush();
const lines = runs.match(/.{1,116}/g).map((line) => `  ${JSON.stringify(line)}`);
writeFileSync(
  new URL('../src/text/pretokenize/unicode.generated.ts', import.meta.url),
  `// Written by scripts/unicode-tables.mjs; do not edit.

export const unicodeVersion = '${process.versions.unicode}';

/** Place in this list = place of the letter after 'A' in \`categoryRuns\`. */
export const categoryNames = '${categories.join(' ')}'.split(' ');

/** For each run of code points from U+0000 on: a letter for its category, then its length unless that is 1. */
export const categoryRuns = [
${lines.join(',\n')},
].join('');
`,
);
