/** Every operation on every backend that loads here against the float64 reference, forward and gradient. */
import { describe, expect, it } from 'vitest';
import { availableBackends } from '../backends.ts';
import { casesOf, disagreements, layouts, testedOperations } from './check.ts';

const backends = await availableBackends();

describe.each(backends)('parity of $name with the float64 reference', ({ backend }) => {
  for (const operation of testedOperations()) {
    it.each(layouts)(`${operation.name} on %s inputs`, (layout) => {
      for (const testCase of casesOf(operation)) {
        expect(disagreements(backend, testCase, layout), `sample ${testCase.sample}`).toEqual([]);
      }
    });
  }
});

it('has a backend to compare', () => {
  expect(backends.length).toBeGreaterThan(0);
});
