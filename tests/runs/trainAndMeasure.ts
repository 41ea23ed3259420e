/** Trains a small language model for 1,000 steps and prints the memory held after steps 10, 100, 500 and 1,000. */
import { getBackend } from '../../src/backends/backend.ts';
import '../../src/backends/init.ts';
import { LanguageTask } from '../../src/tasks/language.ts';
import { buildOptimizer } from '../../src/tasks/optimizer.ts';
import { type LanguageRecipe, parseRecipe } from '../../src/tasks/recipe.ts';
import { train } from '../../src/train/index.ts';

const models = {
  gpt: { kind: 'gpt', layers: 2, heads: 2, width: 16, dropout: 0.1 },
  lstm: { kind: 'lstm', layers: 2, width: 16, dropout: 0.1 },
};
const recipe = parseRecipe({
  task: 'language',
  data: { source: 'given below' },
  context: 16,
  model: models[process.argv[2] as keyof typeof models],
  train: { steps: 1000, batch: 4, accumulate: 2, evaluateEvery: 200, evaluation: { batches: 2 } },
}) as LanguageRecipe;
const task = new LanguageTask(recipe, 'a whale and a ship\n'.repeat(50));
const { optimizer, rate } = buildOptimizer(recipe.train, task.model);
const backend: unknown[] = [];
const heap: number[] = [];
const onStep = (step: number) => {
  if (![10, 100, 500, 1000].includes(step)) return;
  const { inUse, reserved, allocations, storages } = getBackend().memory();
  backend.push({ inUse, reserved, allocations, storages });
  globalThis.gc?.();
  heap.push(process.memoryUsage().heapUsed / 1e6);
};
await train(task, optimizer, { ...recipe.train, rate }, { hooks: { onStep } });
process.stdout.write(JSON.stringify({ backend, heap }));
