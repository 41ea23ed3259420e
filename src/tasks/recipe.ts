/**
 * An experiment as plain data: checked, resolved, and written back as YAML.
 *
 * A recipe is refused with every problem at once, each named by its dotted path. It does not say whether the data
 * exists or a model fits into memory; that is for the task that runs it.
 */
import { type Document, LineCounter, parseDocument, stringify } from 'yaml';
import { LookbackError } from '../errors.ts';
import { checkRecipe } from './recipe-check.ts';
import { dotted } from './recipe-problems.ts';
import type { Recipe, RecipeInput } from './recipe-schema.ts';

export { applyOverrides } from './recipe-overrides.ts';
export type { ForecastRecipe, LanguageRecipe, Recipe, RecipeInput } from './recipe-schema.ts';

/**
 * Checks a recipe that came from anywhere and fills in every default. The input is not changed.
 *
 * @param where names the source in messages, e.g. a file
 * @throws RECIPE_INVALID listing every problem
 */
export function parseRecipe(input: unknown, where = 'recipe'): Recipe {
  return parse(input, where, () => undefined);
}

/** Fills in the defaults of a recipe written in TypeScript. Throws RECIPE_INVALID as `parseRecipe` does. */
export function resolveRecipe(input: RecipeInput): Recipe {
  return parseRecipe(input);
}

/**
 * Reads YAML into plain data without checking its keys, so that overrides can be applied before `parseRecipe`.
 *
 * @throws RECIPE_INVALID with line and column of the first syntax error
 */
export function readRecipeText(text: string, where = 'recipe'): unknown {
  return toPlain(readDocument(text, where).document, where);
}

/** `parseRecipe` for YAML text; its problems also name the line. Throws RECIPE_INVALID. */
export function parseRecipeText(text: string, where = 'recipe'): Recipe {
  const { document, lines } = readDocument(text, where);
  return parse(toPlain(document, where), where, (path) => lineOf(document, lines, path));
}

/** A recipe as the YAML a run keeps; `parseRecipeText` gives the same recipe back. */
export function formatRecipe(recipe: Recipe): string {
  return stringify(recipe, { lineWidth: 120, aliasDuplicateObjects: false });
}

type LineOf = (path: readonly PropertyKey[]) => number | undefined;

function parse(input: unknown, where: string, line: LineOf): Recipe {
  const checked = checkRecipe(input);
  if ('recipe' in checked) return checked.recipe;
  const said = checked.problems.map(({ path, problem }) => {
    const at = line(path);
    return `${dotted(path) || 'the recipe'}: ${problem}${at === undefined ? '' : ` (line ${at})`}`;
  });
  throw new LookbackError('RECIPE_INVALID', {
    where,
    problem: said.length === 1 ? said[0] : `${said.length} problems\n  ${said.join('\n  ')}`,
  });
}

function readDocument(text: string, where: string): { document: Document; lines: LineCounter } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [error] = document.errors;
  if (error) {
    const { line, col } = lines.linePos(error.pos[0]);
    throw new LookbackError('RECIPE_INVALID', {
      where: `${where}:${line}:${col}`,
      problem: `not valid YAML: ${error.message}`,
      next: 'Mend the line',
      cause: error,
    });
  }
  return { document, lines };
}

function toPlain(document: Document, where: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (cause) {
    throw new LookbackError('RECIPE_INVALID', { where, problem: 'YAML aliases that cannot be resolved', cause });
  }
}

/** Line of the deepest part of `path` that stands in the text. */
function lineOf(document: Document, lines: LineCounter, path: readonly PropertyKey[]): number | undefined {
  for (let depth = path.length; depth > 0; depth--) {
    const node = document.getIn(path.slice(0, depth), true) as { range?: [number, number, number] | null } | undefined;
    if (node?.range) return lines.linePos(node.range[0]).line;
  }
  return undefined;
}
