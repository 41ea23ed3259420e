/** The TypeScript files under src and what they import, for the tests that hold the house in shape. */
import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Import {
  /** As written: `../errors.ts`, `node:fs`, `zod`. */
  specifier: string;
  /** Relative ones as a path from src, e.g. `errors.ts`; undefined for packages and what lies outside src. */
  target?: string;
  /** `static` imports run when the file is loaded; `type` ones vanish; `dynamic` ones wait for a call. */
  kind: 'static' | 'type' | 'dynamic';
}

export interface SourceFile {
  /** From src, with forward slashes. */
  path: string;
  /** The text without comments; strings stay. */
  code: string;
  imports: Import[];
}

/** Every file under src but the tests. */
export function readSources(): SourceFile[] {
  const root = fileURLToPath(new URL('../src/', import.meta.url));
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
    .sort()
    .map((path) => {
      const code = withoutComments(readFileSync(root + path, 'utf8'));
      return { path, code, imports: findImports(code, path) };
    });
}

/** Blanks comments; a quote or template string is taken whole, so that `'//'` in it is no comment. */
export function withoutComments(text: string): string {
  const parts = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/g;
  return text.replace(parts, (part) => (part.startsWith('/') ? part.replace(/[^\n]/g, ' ') : part));
}

export function findImports(code: string, path: string): Import[] {
  const found: Import[] = [];
  const add = (specifier: string, kind: Import['kind']) => {
    const target = specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier) : undefined;
    found.push({ specifier, kind, target: target?.startsWith('..') ? undefined : target });
  };
  for (const [, type, specifier] of code.matchAll(/^(?:import|export)\s+(type\s)?[^'";]*?from\s+['"]([^'"]+)['"]/gm)) {
    add(specifier, type ? 'type' : 'static');
  }
  for (const [, specifier] of code.matchAll(/^import\s+['"]([^'"]+)['"]/gm)) add(specifier, 'static');
  for (const [, specifier] of code.matchAll(/(?<!typeof )\bimport\(\s*['"]([^'"]+)['"]/g)) add(specifier, 'dynamic');
  return found;
}
