/**
 * Says what is wrong with a recipe in the reader's words: a dotted path, what was expected and what came.
 * Only phrases are made here; who throws them is `recipe.ts` and `recipe-overrides.ts`.
 */
import type * as z from 'zod';
import { nearest } from '../errors.ts';

/** One thing wrong with a recipe. `path` is empty for the recipe itself. */
export interface RecipeProblem {
  path: readonly PropertyKey[];
  problem: string;
}

/** `['train', 'betas', 0]` as `train.betas.0`. */
export function dotted(path: readonly PropertyKey[]): string {
  return path.map(String).join('.');
}

const typePhrases: Record<string, string> = {
  number: 'a number',
  int: 'a whole number',
  string: 'text',
  boolean: 'true or false',
  object: 'a mapping of keys to values',
  array: 'a list',
  tuple: 'a list',
};

/** A value as a short phrase; long ones are cut. */
export function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  if (typeof value === 'function' || typeof value === 'symbol') return `a ${typeof value}`;
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'a mapping';
  const text = JSON.stringify(value);
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
}

/** The error map given to zod: turns one issue into `expected …, got …`. */
export function phrase(issue: z.core.$ZodRawIssue): string {
  const got = `got ${show(issue.input)}`;
  switch (issue.code) {
    case 'invalid_type':
      return `expected ${typePhrases[issue.expected] ?? issue.expected}, ${got}`;
    case 'too_small':
    case 'too_big':
      return `expected ${bound(issue)}, ${got}`;
    case 'invalid_value':
      return `expected ${choices(issue.values)}, ${got}${near(issue.input, issue.values)}`;
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey(key, keysOf(issue.inst))).join('; ');
    case 'invalid_union':
      return unionPhrase(issue);
    default:
      return `cannot be used, ${got}`;
  }
}

/** Every problem zod found, unknown keys one by one, the fitting branch of a union instead of all of them. */
export function problemsOf(error: z.core.$ZodError): RecipeProblem[] {
  return error.issues.flatMap((issue) => flatten(issue));
}

function flatten(issue: z.core.$ZodIssue, above: readonly PropertyKey[] = []): RecipeProblem[] {
  const path = [...above, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    const phrases = issue.message.split('; ');
    return issue.keys.map((key, i) => ({ path: [...path, key], problem: phrases[i] ?? issue.message }));
  }
  if (issue.code === 'invalid_union') {
    const fitting = issue.errors.find((branch) => branch.every((inner) => isInside(inner)));
    if (fitting && fitting.length > 0) return fitting.flatMap((inner) => flatten(inner, path));
  }
  return [{ path, problem: issue.message }];
}

/** True where the value had the branch's type and only something within it is wrong. */
function isInside(issue: z.core.$ZodIssue): boolean {
  return issue.path.length > 0 || issue.code !== 'invalid_type';
}

function unknownKey(key: string, valid: readonly string[]): string {
  const near = nearest(key, valid);
  return near ? `unknown key, did you mean ${near}` : `unknown key, valid here: ${valid.join(', ')}`;
}

function keysOf(schema: unknown): string[] {
  const shape = (schema as { _zod?: { def?: { shape?: object } } } | undefined)?._zod?.def?.shape;
  return Object.keys(shape ?? {});
}

function choices(values: readonly unknown[]): string {
  const names = values.map(String);
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
}

function bound(issue: z.core.$ZodRawIssue<z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig>): string {
  const below = issue.code === 'too_big';
  const limit = below ? issue.maximum : issue.minimum;
  if (issue.origin === 'string') return 'text that is not empty';
  if (issue.origin === 'array') return `a list of at ${below ? 'most' : 'least'} ${limit}`;
  if (issue.inclusive) return `at ${below ? 'most' : 'least'} ${limit}`;
  return `${below ? 'less' : 'more'} than ${limit}`;
}

function unionPhrase(issue: z.core.$ZodRawIssue<z.core.$ZodIssueInvalidUnion>): string {
  const { def } = (issue.inst as unknown as { _zod: { def: UnionDefinition } })._zod;
  if (!def.discriminator) return `expected a number or a mapping, got ${show(issue.input)}`;
  const { discriminator } = def;
  if (typeof issue.input !== 'object' || issue.input === null) {
    return `expected a mapping of keys to values, got ${show(issue.input)}`;
  }
  const values = def.options.flatMap((option) => option._zod.def.shape?.[discriminator]?._zod.def.values ?? []);
  const got = (issue.input as Record<string, unknown>)[discriminator];
  return `expected ${choices(values)}, got ${show(got)}${near(got, values)}`;
}

/** What may have been meant, as the end of a phrase. */
function near(got: unknown, values: readonly unknown[]): string {
  const suggestion = typeof got === 'string' ? nearest(got, values.map(String)) : undefined;
  return suggestion ? `, did you mean ${suggestion}` : '';
}

/** The part of zod's internals that names the valid values of a discriminator. */
interface UnionDefinition {
  discriminator?: string;
  options: { _zod: { def: { shape?: Record<string, { _zod: { def: { values?: unknown[] } } }> } } }[];
}
