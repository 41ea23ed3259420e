/**
 * Compares what a learner's function gave with the engine's answers, and says precisely what differs. Known mistakes
 * are recognised by their numbers. It runs no learner's code and takes what came out of it as untrusted.
 */
import { withBackend } from '../backends/backend.ts';
import { ReferenceBackend } from '../backends/reference/reference.ts';
import type { Case, Exercise, Outcome, Value } from './exercise.ts';

export interface Verdict {
  readonly solved: boolean;
  /** Cases that came out right, and all. */
  readonly passed: number;
  readonly total: number;
  /** In one or two sentences, fit to be shown. */
  readonly message: string;
  /** The first case that went wrong. */
  readonly problem?: Problem;
}

export interface Problem {
  readonly about: string;
  readonly inputs: string;
  /** Which number differs: `h[2]`; '' for the result itself. */
  readonly where: string;
  readonly expected: string;
  readonly got: string;
}

interface Difference {
  readonly where: string;
  readonly expected: string;
  readonly got: string;
  /** What is wrong where it is not a number. */
  readonly problem?: string;
}

/** The engine's answers, computed in float64 by its plain TypeScript backend: no WebAssembly is needed to be judged. */
export function judge(exercise: Exercise, outcomes: readonly Outcome[]): Verdict {
  return withBackend(new ReferenceBackend({ float64: true }), () => compare(exercise, outcomes));
}

/** The verdict on code that gave nothing at all. */
export function failed(exercise: Exercise, message: string): Verdict {
  return { solved: false, passed: 0, total: exercise.cases().length, message };
}

function compare(exercise: Exercise, outcomes: readonly Outcome[]): Verdict {
  const cases = exercise.cases();
  const answers = cases.map(({ inputs }) => exercise.expected(...(inputs as never[])));
  let first: { each: Case; difference: Difference } | undefined;
  let passed = 0;
  cases.forEach((each, i) => {
    const outcome = outcomes[i] ?? { error: 'it gave nothing' };
    const difference =
      'error' in outcome ? thrown(outcome.error) : differ(answers[i], outcome.value, exercise.tolerance);
    if (!difference) passed++;
    else first ??= { each, difference };
  });
  const total = cases.length;
  if (!first)
    return { solved: true, passed, total, message: `Right: the same numbers as the engine’s in all ${total} cases.` };
  const { each, difference } = first;
  const { problem, ...numbers } = difference;
  const isThrown = 'error' in (outcomes[cases.indexOf(each)] ?? { error: '' });
  return {
    solved: false,
    passed,
    total,
    message: (isThrown ? problem : undefined) ?? recognised(exercise, cases, outcomes) ?? problem ?? unlike(difference),
    problem: { about: each.about, inputs: shownInputs(each.inputs), ...numbers },
  };
}

function thrown(message: string): Difference {
  return {
    where: '',
    expected: 'a result',
    got: 'an error',
    problem: `Your function throws: ${message.slice(0, 300)}`,
  };
}

function unlike({ where, got }: Difference): string {
  if (got === 'NaN' || got.includes('Infinity')) {
    return `${where || 'The result'} is ${got}: does exp overflow, or is something divided by zero?`;
  }
  return `${where || 'The result'} is not what the engine gives.`;
}

/** A mistake that explains every case it says anything about, where it differs from the right answer. */
function recognised(exercise: Exercise, cases: readonly Case[], outcomes: readonly Outcome[]): string | undefined {
  const tolerance = Math.max(exercise.tolerance, 1e-9);
  for (const mistake of exercise.mistakes) {
    let telling = 0;
    const explains = cases.every(({ inputs }, i) => {
      const outcome = outcomes[i];
      const wrong = mistake.gives(...(inputs as never[]));
      // One that overflows or divides by zero tells nothing by its numbers.
      if (wrong === undefined || !outcome || 'error' in outcome || !allFinite(wrong)) return true;
      if (!allFinite(outcome.value)) return true;
      if (differ(wrong, outcome.value, tolerance)) return false;
      if (differ(exercise.expected(...(inputs as never[])), wrong, tolerance)) telling++;
      return true;
    });
    if (explains && telling > 0) return mistake.message;
  }
  return undefined;
}

function allFinite(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  return typeof value !== 'object' || value === null || Object.values(value).every(allFinite);
}

/** The first number of `got` that is not `expected`; undefined where all are. */
function differ(expected: Value, got: unknown, tolerance: number, where = ''): Difference | undefined {
  const here = where || 'The result';
  if (typeof expected === 'number') {
    if (typeof got !== 'number') {
      return {
        where,
        expected: shown(expected),
        got: kindOf(got),
        problem: `${here} is ${kindOf(got)}, not a number.`,
      };
    }
    const close = Object.is(expected, got) || Math.abs(expected - got) <= tolerance * Math.max(1, Math.abs(expected));
    return close ? undefined : { where, expected: shown(expected), got: shown(got) };
  }
  if (isList(expected)) {
    const wanted = `a list of ${expected.length}`;
    if (!Array.isArray(got) || got.length !== expected.length) {
      return { where, expected: wanted, got: kindOf(got), problem: `${here} is ${kindOf(got)}, not ${wanted}.` };
    }
    for (let i = 0; i < expected.length; i++) {
      const difference = differ(expected[i], got[i], tolerance, `${where}[${i}]`);
      if (difference) return difference;
    }
    return undefined;
  }
  const keys = Object.keys(expected);
  if (typeof got !== 'object' || got === null || Array.isArray(got)) {
    const wanted = `a record of ${keys.join(' and ')}`;
    return { where, expected: wanted, got: kindOf(got), problem: `${here} is ${kindOf(got)}, not ${wanted}.` };
  }
  // The last key is what the others are made into: a mistake shows where it was made.
  for (const key of [...keys].reverse()) {
    const inner = where === '' ? key : `${where}.${key}`;
    const difference = differ(
      expected[key],
      Object.hasOwn(got, key) ? (got as Record<string, unknown>)[key] : undefined,
      tolerance,
      inner,
    );
    if (difference) return difference;
  }
  return undefined;
}

function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'undefined';
  if (value === null) return 'null';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return typeof value === 'object' ? 'a record' : `a ${typeof value}`;
}

const shown = (value: number): string =>
  Number.isInteger(value) || !Number.isFinite(value) ? String(value) : String(Number(value.toPrecision(7)));

/** Long inputs are cut: they are there to be recognised, and to be typed in again where they are short. */
function shownInputs(inputs: readonly Value[]): string {
  const text = inputs.map((input) => JSON.stringify(input)).join(', ');
  return text.length > 240 ? `${text.slice(0, 239)}…` : text;
}
