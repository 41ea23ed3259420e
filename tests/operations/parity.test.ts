/** Every operation on every backend that loads here against the float64 reference, forward and gradient. */
import { describe, expect, it } from 'vitest';
import type { TypedArray, View } from '../../src/backends/backend.ts';
import { ReferenceBackend } from '../../src/backends/reference/reference.ts';
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

it('notices a backend that is off by a ten-thousandth', () => {
  class Inexact extends ReferenceBackend {
    override readSync(view: View): TypedArray {
      return super.readSync(view).map((x) => x * 1.0001);
    }
  }
  for (const operation of testedOperations().filter(({ name }) => name === 'exp' || name === 'matmul')) {
    const found = disagreements(new Inexact(), casesOf(operation)[0], 'contiguous').map(({ what }) => what);
    expect(found).toContain('output 0');
    expect(found).toContain('gradient of input 0');
  }
});

it('has a backend to compare', () => {
  expect(backends.length).toBeGreaterThan(0);
});
