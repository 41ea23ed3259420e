/** What is written twice says the same: operation codes in C++ and TypeScript, and the files made from kernels.table. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import * as codes from '../../src/backends/cpu/codes.ts';

const root = new URL('../../', import.meta.url);

/** The enumerations of a C++ header: name to (constant to number). */
function enumerations(text: string): Record<string, Record<string, number>> {
  const found = text.replace(/\/\/.*$/gm, '').matchAll(/enum (\w+) \{([^}]*)\}/g);
  return Object.fromEntries(
    [...found].map(([, name, body]) => {
      const entries = [...body.matchAll(/(\w+) = (\d+)/g)].map(([, key, value]) => [key, Number(value)] as const);
      return [name, Object.fromEntries(entries)];
    }),
  );
}

const camelCase = (name: string): string =>
  name.toLowerCase().replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase());

/** Without the prefix that C++ needs: `U_GELU_TANH` is `geluTanh`. */
const plain = (constants: Record<string, number>): Record<string, number> =>
  Object.fromEntries(Object.entries(constants).map(([key, value]) => [camelCase(key.replace(/^[A-Z]+?_/, '')), value]));

const header = enumerations(readFileSync(new URL('kernels/codes.hpp', root), 'utf8'));

it.each([
  ['Unary', codes.unaryCode],
  ['Compare', codes.compareCode],
  ['Reduce', codes.reduceCode],
  ['Arg', codes.argCode],
  ['Activation', codes.activationCode],
] as const)('%s has the same codes in codes.hpp and codes.ts', (name, mine) => {
  expect(plain(header[name])).toEqual(mine);
});

it('Binary has the same codes in codes.hpp and codes.ts', () => {
  expect(plain(header.Binary)).toEqual(codes.binaryCode);
});

it('the element types have the codes of copies.hpp', () => {
  const text = readFileSync(new URL('kernels/bf16.hpp', root), 'utf8');
  const [, f32, i32, u8] = /F32 = (\d+), I32 = (\d+), U8 = (\d+)/.exec(text) ?? [];
  expect([f32, i32, u8].map(Number)).toEqual([codes.dtypeCode.f32, codes.dtypeCode.i32, codes.dtypeCode.u8]);
});

it('the status codes are those that cpu.ts tells apart', () => {
  expect(header.Status).toEqual({ OK: 0, BAD_INDEX: 1, BAD_ARGUMENT: 2, NO_MEMORY: 3 });
});

it('what kernels.table generates is fresh', () => {
  execFileSync(process.execPath, ['scripts/generate-kernels.mjs', '--check'], { cwd: root, stdio: 'pipe' });
});
