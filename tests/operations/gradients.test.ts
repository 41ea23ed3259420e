/** Every operation's gradient against central differences in float64, on row-major and strided inputs. */
import { describe, expect, it } from 'vitest';
import { casesOf, gradientError, isDifferentiable, layouts, testedOperations } from './check.ts';

const tolerance = 1e-6;

describe.each(layouts)('gradients on %s inputs', (layout) => {
  for (const operation of testedOperations().filter(isDifferentiable)) {
    it(operation.name, () => {
      for (const testCase of casesOf(operation)) {
        expect(gradientError(testCase, layout), `sample ${testCase.sample}`).toBeLessThan(tolerance);
      }
    });
  }
});
