/** Writes docs/recipe.schema.json from the zod schemas: `npx tsx scripts/recipe-schema.ts`. A test holds the file fresh. */
import { writeFileSync } from 'node:fs';
import { recipeJsonSchema } from '../src/tasks/recipe-schema.ts';

const file = new URL('../docs/recipe.schema.json', import.meta.url);
writeFileSync(file, `${JSON.stringify(recipeJsonSchema(), null, 2)}\n`);
