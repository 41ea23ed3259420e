/** docs/recipes.md: every key of a recipe with its type, default and meaning, from the schema that checks recipes. */
import { recipeJsonSchema } from '../src/tasks/recipe-schema.ts';

/** The part of JSON schema that zod writes here. */
interface Schema {
  type?: string;
  const?: string;
  enum?: string[];
  default?: unknown;
  description?: string;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema | Schema[];
  oneOf?: Schema[];
  anyOf?: Schema[];
}

interface Row {
  key: string;
  /** Values of `model.kind` it belongs to; none for all. */
  kinds: string[];
  cells: string;
}

const head = `# Recipes

A recipe is an experiment as plain data: YAML in a file, an object in TypeScript. \`npm run pages\` makes this page from
the schema that checks recipes (\`src/tasks/recipe-schema.ts\`); [recipe.schema.json](recipe.schema.json) gives the same to
an editor, by the first line of every file in \`recipes/\`.

- A wrong key or value is refused by name, with its line and the nearest valid key; all problems at once.
- Every key can be changed on the command line: \`lookback train recipes/airline-lstm.yaml --model.hidden 128\`; values
  are YAML, so \`--train.learningRate '{ peak: 1e-3, decay: cosine }'\` works too.
- The run keeps the resolved recipe, every default written out, in its \`recipe.yaml\`.
- In TypeScript: \`await run({ task: 'forecast', … })\` from \`lookback/node\`.

Data: a source is the name of a set (\`airline-passengers\` and \`moby-dick\` come along; the others are in
\`src/data/registry.ts\`) or the path of a CSV or text file. Sets that do not come along are looked up by file name in the
folder \`LOOKBACK_DATA\`, then in the cache, then downloaded; wherever found, the SHA-256 must be the registered one.

Transforms of a forecast are fitted on the training part alone, applied in order and undone exactly, in reverse:
\`log\`; \`standardize\` (mean and deviation of the training part); \`difference\` (minus the value before);
\`seasonalDifference\` (minus the value \`data.period\` before); \`centre\` (each window minus the mean of its inputs; last).
`;

/** The page. */
export function recipePage(): string {
  const [forecast, language] = (recipeJsonSchema() as Schema).oneOf ?? [];
  const shared = rowsOf(forecast.properties?.train ?? {}, 'train.');
  const common = new Set(shared.map(({ cells }) => cells));
  const own = (task: Schema) => rowsOf(task, '').filter(({ cells }) => !common.has(cells));
  return [
    head,
    `## \`task: forecast\`\n\n${table(own(forecast))}`,
    `## \`task: language\`\n\n${table(own(language))}`,
    `## \`train\`, for both tasks\n\n${table(shared)}`,
  ].join('\n');
}

function table(rows: readonly Row[]): string {
  const lines = rows.map(({ kinds, cells }) =>
    kinds.length > 0 ? cells.replace('<kinds>', `; ${kinds.join(', ')}`) : cells.replace('<kinds>', ''),
  );
  return `| key | value | default | meaning |\n|---|---|---|---|\n${lines.join('\n')}\n`;
}

/** A row for each key that takes a value; alternatives of `model` are joined where they agree. */
function rowsOf(schema: Schema, path: string): Row[] {
  const { properties = {}, required = [], oneOf } = schema;
  if (oneOf) return joined(oneOf, path);
  return Object.entries(properties).flatMap(([name, value]): Row[] => {
    const inner = value.properties || value.oneOf ? value : value.anyOf?.find((option) => option.properties);
    const rows = inner ? rowsOf(inner, `${path}${name}.`) : [];
    if (inner === value) return rows;
    const fallback = value.default === undefined ? (required.includes(name) ? 'required' : '') : code(value.default);
    const cells = `| \`${path}${name}\`<kinds> | ${typeOf(value)} | ${fallback} | ${value.description ?? ''} |`;
    return [{ key: path + name, kinds: [], cells }, ...rows];
  });
}

function joined(options: readonly Schema[], path: string): Row[] {
  const kinds = options.map(({ properties }) => properties?.kind?.const ?? '');
  const rows = new Map<string, Row>();
  options.forEach((option, i) => {
    for (const row of rowsOf(option, path)) {
      if (row.key.endsWith('.kind')) continue;
      const known = rows.get(row.cells) ?? row;
      known.kinds.push(kinds[i]);
      rows.set(row.cells, known);
    }
  });
  const values = kinds.map((kind) => `\`${kind}\``).join(', ');
  const first: Row = {
    key: `${path}kind`,
    kinds: [],
    cells: `| \`${path}kind\` | ${values} | required | which model |`,
  };
  const rest = [...rows.values()];
  for (const row of rest) if (row.kinds.length === options.length) row.kinds = [];
  return [first, ...rest];
}

function typeOf(schema: Schema): string {
  const { type, items, anyOf } = schema;
  if (schema.const !== undefined) return code(schema.const);
  if (schema.enum) return schema.enum.map(code).join(', ');
  if (anyOf) return anyOf.map((option) => (option.properties ? 'mapping' : typeOf(option))).join(' or ');
  switch (type) {
    case 'string':
      return 'text';
    case 'boolean':
      return 'true or false';
    case 'null':
      return '`null`';
    case 'array':
      if (Array.isArray(items)) return `list of ${items.length}, each a ${typeOf(items[0])}`;
      return `list of ${items ? typeOf(items) : 'values'}`;
    default:
      return `${type === 'integer' ? 'whole number' : 'number'}${bounds(schema)}`;
  }
}

function bounds({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: Schema): string {
  const said: string[] = [];
  if (minimum !== undefined) said.push(`≥ ${minimum}`);
  if (exclusiveMinimum !== undefined) said.push(`> ${exclusiveMinimum}`);
  if (exclusiveMaximum !== undefined) said.push(`< ${exclusiveMaximum}`);
  if (maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER) said.push(`≤ ${maximum}`);
  return said.length > 0 ? ` ${said.join(', ')}` : '';
}

function code(value: unknown): string {
  return `\`${typeof value === 'string' && value.trim() !== '' ? value : JSON.stringify(value)}\``;
}
