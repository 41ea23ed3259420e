/** Two or more runs beside each other: where their recipes differ, and which way a metric is better. */

export interface RecipeDifference {
  /** Keys joined by dots, list items by their index: `model.hidden`. */
  readonly path: string;
  /** What each recipe has there; undefined where it has nothing. */
  readonly values: readonly unknown[];
}

/** The places in which recipes are not all the same, down to single values, in the order of the first that has each. */
export function recipeDifferences(recipes: readonly unknown[]): RecipeDifference[] {
  const flat = recipes.map((recipe) => new Map(leaves(recipe, '')));
  const paths = new Set(flat.flatMap((each) => [...each.keys()]));
  return [...paths].flatMap((path) => {
    const values = flat.map((each) => each.get(path));
    const [first, ...others] = values.map((value) => JSON.stringify(value));
    return others.every((other) => other === first) ? [] : { path, values };
  });
}

/** Every single value with its path; an empty list or object counts as one. */
function* leaves(value: unknown, path: string): Generator<[string, unknown]> {
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  if (entries.length === 0) yield [path, value];
  for (const [key, inner] of entries) yield* leaves(inner, path === '' ? key : `${path}.${key}`);
}

const higherIsBetter = new Set(
  'acc accuracy auc auroc bleu chrf f1 precision r2 recall return returns reward rewards rouge score wins'.split(' '),
);

/** Whether less or more of a metric is better, by the words of its name: more of an accuracy, a reward and their kin. */
export function metricDirection(name: string): 'lower' | 'higher' {
  const words = name
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/);
  return words.some((word) => higherIsBetter.has(word)) ? 'higher' : 'lower';
}
