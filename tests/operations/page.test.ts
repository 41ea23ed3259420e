/** The registry itself: its page is fresh, and every record can be tested. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { operationsPage } from '../../scripts/operations-page.ts';
import { operations } from '../../src/tensor/index.ts';

it('docs/operations.md is what the registry says (npx tsx scripts/operations-page.ts)', () => {
  expect(readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8')).toBe(operationsPage());
});

it('every operation has samples, and a way to run on kernels and on the reference', () => {
  const lacking = [...operations().values()].filter(
    ({ samples, isView, cpu, reference, decompose }) => !samples || !(isView || (cpu && (reference || decompose))),
  );
  expect(lacking.map(({ name }) => name)).toEqual([]);
});
