/** The documentation agrees with the program: generated pages are fresh, and links between pages lead somewhere. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import { pages } from '../scripts/pages.ts';

const root = new URL('../', import.meta.url);

describe('generated pages', () => {
  it.each(Object.entries(pages))('docs/%s is fresh (npm run pages)', async (file, page) => {
    expect(readFileSync(new URL(`docs/${file}`, root), 'utf8')).toBe(await page());
  });
});

describe('README.md', () => {
  it('shows what its first example prints', async () => {
    const [, code, printed] =
      /```ts\n([\s\S]*?)```\s+```\n([\s\S]*?)```/.exec(readFileSync(new URL('README.md', root), 'utf8')) ?? [];
    const program = new URL('build/readme-example.ts', root);
    mkdirSync(new URL('build/', root), { recursive: true });
    writeFileSync(program, code.replace("'lookback'", "'../src/index.ts'"));
    const said: string[] = [];
    const log = vi.spyOn(console, 'log').mockImplementation((...words) => void said.push(words.join(' ')));
    await import(/* @vite-ignore */ fileURLToPath(program)).finally(() => log.mockRestore());
    expect(`${said.join('\n')}\n`).toBe(printed);
  });
});

const written = ['README.md', 'CONTRIBUTING.md', 'examples/README.md'];
const files = [
  ...written.filter((file) => existsSync(new URL(file, root))),
  ...readdirSync(new URL('docs/', root)).flatMap((name) => (name.endsWith('.md') ? [`docs/${name}`] : [])),
];

describe('links', () => {
  it.each(files)('of %s lead to files of the repository', (file) => {
    const text = readFileSync(new URL(file, root), 'utf8').replace(/```[\s\S]*?```/g, '');
    const targets = [...text.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)].map(([, target]) => target);
    const inside = targets.filter((target) => !/^[a-z]+:/.test(target));
    const dead = inside.filter((target) => !existsSync(fileURLToPath(new URL(target, new URL(file, root)))));
    expect(dead).toEqual([]);
  });
});
