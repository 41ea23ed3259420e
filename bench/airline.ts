/**
 * The airline recipes over seeds 1 to 5 on the last 24 months, beside the formulas: `npx tsx bench/airline.ts [recipe …]`.
 *
 * Runs what `lookback train` runs, in folders that are thrown away. It measures recipes as they are; their settings
 * are chosen on earlier months (see the recipes' headers), never by this table.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Score } from '../src/tasks/forecast.ts';
import { parseRecipeText } from '../src/tasks/recipe.ts';
import { startRun } from '../src/tasks/run.node.ts';

const seeds = [1, 2, 3, 4, 5];
const folder = new URL('../recipes/', import.meta.url);
const named = process.argv.slice(2);
const names = named.length > 0 ? named : readdirSync(folder).filter((name) => /^airline-.*\.yaml$/.test(name));

const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1];
const row = (name: string, seed: string, { mape, rmse, mase }: Pick<Score, 'mape' | 'rmse' | 'mase'>) =>
  console.log(
    `${name.padEnd(28)} ${seed.padStart(6)} ${mape.toFixed(2).padStart(7)} ${rmse.toFixed(1).padStart(7)} ${mase.toFixed(3).padStart(6)}`,
  );

const root = mkdtempSync(join(tmpdir(), 'lookback-airline-'));
try {
  console.log(`${'recipe or formula'.padEnd(28)} ${'seed'.padStart(6)}  MAPE %    RMSE   MASE`);
  let formulas: Score[] = [];
  for (const file of names) {
    const recipe = parseRecipeText(readFileSync(new URL(file, folder), 'utf8'), file);
    const trained: Score[] = [];
    const began = performance.now();
    for (const seed of seeds) {
      const { scores } = await startRun({ ...recipe, train: { ...recipe.train, seed } }, { root });
      const one = scores.filter((score) => score.trained);
      for (const score of one) row(file, String(seed), score);
      trained.push(...one);
      formulas = scores.filter((score) => !score.trained);
    }
    row(file, 'median', {
      mape: median(trained.map(({ mape }) => mape)),
      rmse: median(trained.map(({ rmse }) => rmse)),
      mase: median(trained.map(({ mase }) => mase)),
    });
    console.log(`${''.padEnd(28)} ${((performance.now() - began) / 1000 / seeds.length).toFixed(1)} s a run`);
  }
  for (const score of formulas) row(score.name, '-', score);
} finally {
  rmSync(root, { recursive: true, force: true });
}
