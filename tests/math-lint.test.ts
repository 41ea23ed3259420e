/**
 * Node and Chromium differ in the last bit of Math.exp and its kin, so nothing that reaches a number of a run may use
 * them: `src/math.ts` has versions of our own. Math.sqrt, abs, floor, round, min, max, imul and trunc agree everywhere.
 */
import { describe, expect, it } from 'vitest';
import { readSources, withoutComments } from './sources.ts';

/** Where numbers only become pictures in a terminal or the name of a run, or stand in the text that a learner goes on with. */
const allowed = ['cli/terminal/', 'track/names.ts', 'learn/exercises/'];

const banned = [
  /\bMath\.(?:a?(?:sin|cos|tan)h?|atan2|exp|expm1|log|log2|log10|log1p|pow|cbrt|hypot)\b/,
  // Math under another name.
  /\bMath\b(?!\.)/,
];

/** A power other than a whole one, as far as text can tell: `2 ** k` and `x ** 3` pass. */
function hasOddPower(line: string): boolean {
  const powers = line.matchAll(/([\w.)\]]+)\s*\*\*=?\s*([\w.(-]+)/g);
  return [...powers].some(([, base, exponent]) => base !== '2' && !/^\d+\)*$/.test(exponent));
}

function offences(code: string): string[] {
  return code
    .split('\n')
    .flatMap((line, i) =>
      hasOddPower(line) || banned.some((pattern) => pattern.test(line)) ? [`${i + 1}: ${line.trim()}`] : [],
    );
}

describe('Math', () => {
  it.each(['Math.exp(x)', 'const { log } = Math;', 'x ** y', 'x ** 0.5', 'beta**t', '10 ** k', 'Math.atan2(y, x)'])(
    'finds %s',
    (line) => expect(offences(line)).toHaveLength(1),
  );

  it.each(['Math.sqrt(x)', '2 ** k', 'x ** 3', '(a + b) ** 2', 'Math.PI', '// Math.exp'])('lets %s pass', (line) =>
    expect(offences(withoutComments(line))).toEqual([]),
  );

  it('keeps out of src what differs between JavaScript engines', () => {
    const wrong = readSources()
      .filter(({ path }) => !allowed.some((start) => path.startsWith(start)))
      .flatMap(({ path, code }) => offences(code).map((line) => `src/${path}:${line}`));
    expect(wrong).toEqual([]);
  });
});
