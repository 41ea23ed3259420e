/**
 * A learner's code as a program that answers in one text, for a worker that has nothing else: `src/learn/run.node.ts`
 * in Node, a sandboxed frame in the page. What it prints is not shown, and nothing but the text comes out.
 */
import { transform } from 'sucrase';
import type { Exercise, Outcome } from './exercise.ts';

/** How long all cases together may take, milliseconds. */
export const timeLimit = 2000;

/** Characters a program may answer with. */
const longestAnswer = 1 << 20;

/** What is said of code that never ends. */
export const endless = `It did not end within ${timeLimit / 1000} seconds: is there a loop that never ends?`;

/** A program that came to nothing: why. */
export interface Unusable {
  readonly problem: string;
}

/**
 * JavaScript whose value, as an expression, is the answer: JSON of one {@link Outcome} a case.
 * The code stays on its own lines; only its types are taken out.
 */
export function programFor(exercise: Exercise, source: string): { program: string } | Unusable {
  let code: string;
  if (/^\s*import\b/m.test(source)) return { problem: 'An exercise stands alone: leave out the import.' };
  try {
    ({ code } = transform(source, { transforms: ['typescript', 'imports'], production: true }));
  } catch (error) {
    return { problem: `It is not TypeScript: ${(error as Error).message.replace(/^Error transforming.*?: /, '')}.` };
  }
  const inputs = JSON.stringify(exercise.cases().map((each) => each.inputs));
  const name = JSON.stringify(exercise.function);
  return {
    program: `((stringify, parse) => { const exports = {}; (function (exports) { "use strict"; ${code}
}).call(undefined, exports);
const answer = exports[${name}];
if (typeof answer !== 'function') return stringify({ missing: true });
const seen = (key, value) => typeof value === 'number' && !Number.isFinite(value) ? { number: String(value) }
  : ArrayBuffer.isView(value) ? Array.from(value) : value;
const outcomes = parse(${JSON.stringify(inputs)}).map((inputs) => {
  try {
    const value = answer(...inputs);
    if (value && typeof value.then === 'function') return { error: 'it returns a promise; return the value itself' };
    return { value: value === undefined ? { nothing: true } : value };
  } catch (error) { return { error: String(error && error.message || error) }; }
});
return stringify({ outcomes }, seen); })(JSON.stringify, JSON.parse)`,
  };
}

/** The outcomes in a program's answer, or why there are none. Anything may have been written there. */
export function readAnswer(exercise: Exercise, text: unknown): { outcomes: Outcome[] } | Unusable {
  const unreadable = { problem: 'It gave something that cannot be read: return plain numbers, lists and records.' };
  if (typeof text !== 'string' || text.length > longestAnswer) return unreadable;
  let answer: { missing?: unknown; outcomes?: unknown } | null;
  try {
    answer = JSON.parse(text, (_key, value) => {
      if (typeof value?.number === 'string' && Object.keys(value).length === 1) return Number(value.number);
      return value?.nothing === true && Object.keys(value).length === 1 ? undefined : value;
    });
  } catch {
    return unreadable;
  }
  if (answer?.missing)
    return { problem: `There is no exported function ${exercise.function}: keep its name and \`export\`.` };
  if (!Array.isArray(answer?.outcomes)) return unreadable;
  const outcomes = answer.outcomes.map((outcome: unknown): Outcome => {
    const { value, error } = { ...(outcome as { value?: unknown; error?: unknown } | null) };
    return typeof error === 'string' ? { error } : { value };
  });
  return { outcomes };
}
