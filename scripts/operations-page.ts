/** Writes docs/operations.md from the registry: `npx tsx scripts/operations-page.ts`. A test holds the file fresh. */
import { writeFileSync } from 'node:fs';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { operations } from '../src/tensor/index.ts';
import type { Operation } from '../src/tensor/operation.ts';
import { kernelsOf } from '../tests/operations/recorder.ts';

const header = `# Operations

Every operation of the registry, made by \`npx tsx scripts/operations-page.ts\`. Each is one record in \`src/tensor/ops\`:
shape rule, reference in float64, kernel call, gradient, samples. Tests compare every gradient with central differences
in float64, and every backend with the reference. Functions around the records (any axes, numbers as operands, rank-1
products) are described where they are defined.
`;

function row(operation: Operation<unknown>): string {
  const { name, summary, gradient, isView, decompose } = operation;
  const kernels = isView
    ? 'none: a view'
    : kernelsOf(operation)
        .map((kernel) => `\`${kernel}\``)
        .join(' ');
  const how = decompose ? `${kernels}; reference decomposes` : kernels;
  return `| ${name} | ${summary.replaceAll('|', '\\|')} | ${gradient ? 'yes' : 'no'} | ${how} |`;
}

/** The page: one table for each family. */
export function operationsPage(): string {
  const families = new Map<string, string[]>();
  for (const operation of operations().values() as Iterable<unknown> as Iterable<Operation<unknown>>) {
    families.set(operation.family, [...(families.get(operation.family) ?? []), row(operation)]);
  }
  const byName = [...families].sort(([a], [b]) => (a < b ? -1 : 1));
  const sections = byName.map(([family, rows]) => {
    const title = family[0].toUpperCase() + family.slice(1);
    return `## ${title}\n\n| operation | computes | gradient | kernels |\n|---|---|---|---|\n${rows.sort().join('\n')}\n`;
  });
  return [header, ...sections].join('\n');
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(new URL('../docs/operations.md', import.meta.url), operationsPage());
}
