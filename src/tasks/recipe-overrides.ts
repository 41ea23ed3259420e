/**
 * Changes a recipe from the command line: `--model.hidden 128 --train.seed=3`.
 *
 * Works on the recipe as written, before defaults. What the changes break is reported under the flag that broke it;
 * everything else is left for `parseRecipe`.
 */
import { parse as parseYaml } from 'yaml';
import { LookbackError } from '../errors.ts';
import { checkRecipe } from './recipe-check.ts';
import { dotted, show } from './recipe-problems.ts';

type Mapping = Record<string, unknown>;

/**
 * A copy of `recipe` with the flags applied in order. Values are YAML: `128`, `true`, `[log, standardize]`,
 * `{ peak: 3e-3 }`.
 *
 * @throws USAGE for a flag without a value, RECIPE_INVALID for an unknown key or a value it cannot take
 */
export function applyOverrides(recipe: unknown, flags: readonly string[]): unknown {
  const overrides = readFlags(flags);
  if (overrides.length === 0) return recipe;
  if (!isMapping(recipe)) return recipe;
  const changed = structuredClone(recipe);
  for (const { flag, path, value } of overrides) set(changed, path, value, flag);
  const { problems } = checkRecipe(changed);
  for (const { flag, path } of overrides) {
    const found = problems.find((problem) => startsWith(problem.path, path) || startsWith(path, problem.path, 1));
    if (found) {
      const inner = found.path.length > path.length ? `${dotted(found.path)}: ` : '';
      throw new LookbackError('RECIPE_INVALID', { where: flag, problem: inner + found.problem });
    }
  }
  return changed;
}

interface Override {
  flag: string;
  path: string[];
  value: unknown;
}

function readFlags(flags: readonly string[]): Override[] {
  const overrides: Override[] = [];
  for (let i = 0; i < flags.length; i++) {
    const word = flags[i];
    const match = /^--([^=]+)(?:=(.*))?$/s.exec(word);
    if (!match) {
      throw new LookbackError('USAGE', { where: 'recipe override', expected: '--key value', got: show(word) });
    }
    const [, key, attached] = match;
    const flag = `--${key}`;
    const text = attached ?? flags[++i];
    if (text === undefined || (attached === undefined && text.startsWith('--'))) {
      throw new LookbackError('USAGE', { where: flag, expected: 'a value after it', got: show(text) });
    }
    overrides.push({ flag, path: key.split('.'), value: readValue(text, flag) });
  }
  return overrides;
}

function readValue(text: string, flag: string): unknown {
  try {
    return parseYaml(text, { logLevel: 'silent' });
  } catch (cause) {
    throw new LookbackError('USAGE', { where: flag, expected: 'a YAML value', got: show(text), cause });
  }
}

function set(recipe: Mapping, path: readonly string[], value: unknown, flag: string): void {
  let at = recipe;
  path.forEach((key, i) => {
    if (key === '' || key === '__proto__') {
      throw new LookbackError('USAGE', { where: flag, expected: 'keys joined by dots', got: show(path.join('.')) });
    }
    if (i === path.length - 1) {
      at[key] = value;
      return;
    }
    const inner = Object.hasOwn(at, key) ? at[key] : undefined;
    if (Array.isArray(inner)) {
      throw new LookbackError('USAGE', {
        where: flag,
        expected: `the whole list: --${path.slice(0, i + 1).join('.')} '[…]'`,
      });
    }
    const next: Mapping = isMapping(inner) ? inner : {};
    at[key] = next;
    at = next;
  });
}

function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether `path` lies at or below `start` (of at least `least` keys). */
function startsWith(path: readonly PropertyKey[], start: readonly PropertyKey[], least = 0): boolean {
  return start.length >= least && start.every((key, i) => String(path[i]) === String(key));
}
