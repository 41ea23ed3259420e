/** A room whose names the package re-exports whole must not lose one to another room's export of the same name. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

describe.each(['index', 'node'])('src/%s.ts', async (entry) => {
  const source = readFileSync(new URL(`../src/${entry}.ts`, import.meta.url), 'utf8');
  const whole = await import(`../src/${entry}.ts`);
  const rooms = [...source.matchAll(/^export \* from '\.\/(.+)\.ts';$/gm)].map(([, path]) => path);

  it.each(rooms)('gives every name of %s as that room has it', async (path) => {
    const [folder, file] = path.split('/');
    const room = await import(`../src/${folder}/${file}.ts`);
    expect(Object.keys(room).filter((name) => whole[name] !== room[name])).toEqual([]);
  });
});
