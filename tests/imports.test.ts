/**
 * Imports go one way: tensor <- nn, optim <- models <- train, generate, inspect <- tasks <- server, cli; text, series,
 * data, track and sizing stand beside models on their own feet. Node's APIs stay in files named for it.
 */
import { builtinModules } from 'node:module';
import { describe, expect, it } from 'vitest';
import { findImports, readSources, type SourceFile } from './sources.ts';

/** A folder may import from any row above its own. */
const rows = [
  ['bfloat16.ts', 'errors.ts', 'math.ts', 'random.ts', 'figures'],
  ['backends'],
  ['tensor'],
  ['nn', 'optim'],
  ['models', 'vectors', 'text', 'series', 'data', 'track', 'sizing'],
  ['train', 'generate', 'inspect'],
  ['tasks'],
  ['forecasting', 'learn', 'bench'],
  ['server', 'cli'],
  ['index.ts', 'node.ts'],
];

/** What the folders beside models may import besides the first row. */
const beside: Record<string, string[]> = {
  text: [],
  vectors: ['backends', 'text'],
  series: [],
  data: ['series', 'text'],
  track: [],
  sizing: [],
};

/** Arrows within a row. */
const sideways = [
  'random.ts -> math.ts',
  'random.ts -> errors.ts',
  'math.ts -> errors.ts',
  'cli -> server',
  'inspect -> generate',
];

const sources = readSources();
const room = (path: string) => path.split('/')[0];
const rowOf = (name: string) => rows.findIndex((row) => row.includes(name));

function isAllowed(from: string, to: string): boolean {
  if (from === to || sideways.includes(`${from} -> ${to}`)) return true;
  if (from in beside) return rowOf(to) === 0 || beside[from].includes(to);
  return rowOf(to) < rowOf(from) && to !== 'cli';
}

function usesNode(file: SourceFile): string | undefined {
  return file.imports.find(({ specifier }) => specifier.startsWith('node:') || builtinModules.includes(specifier))
    ?.specifier;
}

describe('imports', () => {
  it('are read from every kind of statement', () => {
    const code =
      "import a from './a.ts';\nexport {\n  b,\n} from '../b.ts';\nimport type { C } from 'c';\nimport('./d.ts')";
    expect(findImports(code, 'x/y.ts')).toEqual([
      { specifier: './a.ts', kind: 'static', target: 'x/a.ts' },
      { specifier: '../b.ts', kind: 'static', target: 'b.ts' },
      { specifier: 'c', kind: 'type', target: undefined },
      { specifier: './d.ts', kind: 'dynamic', target: 'x/d.ts' },
    ]);
    expect(isAllowed('tensor', 'nn')).toBe(false);
    expect(isAllowed('track', 'tensor')).toBe(false);
  });

  it('come from folders that have a place', () => {
    const homeless = sources.map(({ path }) => room(path)).filter((name) => rowOf(name) < 0);
    expect(homeless).toEqual([]);
  });

  it('go one way', () => {
    const wrong = sources.flatMap(({ path, imports }) =>
      imports.flatMap(({ target }) =>
        target !== undefined && !isAllowed(room(path), room(target)) ? [`${path} -> ${target}`] : [],
      ),
    );
    expect(wrong).toEqual([]);
  });

  it("take Node's APIs only in node.ts, *.node.ts and cli/", () => {
    const wrong = sources.flatMap((file) => {
      const node = usesNode(file);
      const named = /(^|\/|\.)node\.ts$/.test(file.path) || room(file.path) === 'cli';
      return node && !named ? [`${file.path} -> ${node}`] : [];
    });
    expect(wrong).toEqual([]);
  });

  it('of index.ts reach no file that needs Node', () => {
    const byPath = new Map(sources.map((file) => [file.path, file]));
    const reached = new Set<string>();
    const walk = (path: string) => {
      if (reached.has(path)) return;
      reached.add(path);
      for (const { kind, target } of byPath.get(path)?.imports ?? []) if (kind === 'static' && target) walk(target);
    };
    walk('index.ts');
    expect([...reached].filter((path) => !byPath.has(path))).toEqual([]);
    const wrong = [...reached].filter((path) => usesNode(byPath.get(path) as SourceFile));
    expect(wrong).toEqual([]);
  });
});
