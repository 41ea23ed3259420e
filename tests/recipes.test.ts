/** Every recipe in the repository is valid and names the editor's schema, which is the one the code would write. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseRecipeText } from '../src/tasks/recipe.ts';
import { recipeJsonSchema } from '../src/tasks/recipe-schema.ts';

const folder = new URL('../recipes/', import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));

describe('recipes', () => {
  it.each(files)('%s is valid', (name) => {
    const text = readFileSync(new URL(name, folder), 'utf8');
    expect(text.startsWith('# yaml-language-server: $schema=../docs/recipe.schema.json\n')).toBe(true);
    expect(() => parseRecipeText(text, name)).not.toThrow();
  });

  it('has the promised ones', () => {
    const promised = ['airline-rnn', 'airline-lstm', 'airline-gru', 'airline-transformer', 'moby-lstm', 'moby-gpt'];
    const series = ['airline-one-step', 'sp500-one-step', 'seattle-weather', 'etth1-nbeats'];
    for (const name of [...promised, ...series, 'shakespeare-cpu', 'shakespeare-gpu'])
      expect(files).toContain(`${name}.yaml`);
  });

  it('docs/recipe.schema.json is fresh (npx tsx scripts/recipe-schema.ts)', () => {
    const written = JSON.parse(readFileSync(new URL('../docs/recipe.schema.json', import.meta.url), 'utf8'));
    expect(written).toEqual(JSON.parse(JSON.stringify(recipeJsonSchema())));
  });
});
