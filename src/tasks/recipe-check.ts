/** Checks a recipe key by key, then the rules that join keys. Throws nothing; `recipe.ts` says it aloud. */
import { phrase, problemsOf, type RecipeProblem } from './recipe-problems.ts';
import { brokenRules } from './recipe-rules.ts';
import { type Recipe, recipeSchema } from './recipe-schema.ts';

/** Every problem of a recipe, or the resolved recipe when there is none. */
export function checkRecipe(input: unknown): { recipe: Recipe; problems: [] } | { problems: RecipeProblem[] } {
  const result = recipeSchema().safeParse(input, { error: phrase });
  if (!result.success) return { problems: problemsOf(result.error) };
  const problems = brokenRules(result.data);
  return problems.length > 0 ? { problems } : { recipe: result.data, problems: [] };
}
