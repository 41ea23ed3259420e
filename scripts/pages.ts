/** Writes the generated pages of docs/: `npm run pages`. A test holds them fresh (tests/pages.test.ts). */
import { writeFileSync } from 'node:fs';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { cliPage } from './cli-page.ts';
import { errorsPage } from './errors-page.ts';
import { recipePage } from './recipe-page.ts';

/** Each page by its file in docs/. */
export const pages: Readonly<Record<string, () => string | Promise<string>>> = {
  'cli.md': cliPage,
  'errors.md': errorsPage,
  'recipes.md': recipePage,
};

if (argv[1] === fileURLToPath(import.meta.url)) {
  for (const [file, page] of Object.entries(pages))
    writeFileSync(new URL(`../docs/${file}`, import.meta.url), await page());
}
