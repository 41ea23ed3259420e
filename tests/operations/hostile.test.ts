/**
 * Fuzz: every registered operation and every public function with wrong shapes, types and ranks, indices outside, NaN
 * and infinities, empty axes, absurd attributes and freed tensors. Nothing but a coded error may come of it, the same
 * one as on the reference backend; results have the reference's shapes, can be read and differentiated, and nothing
 * stays behind. Does not compare values: parity.test.ts does.
 */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Backend, withBackend } from '../../src/backends/backend.ts';
import { CpuBackend } from '../../src/backends/cpu/cpu.ts';
import { loadNative } from '../../src/backends/cpu/native.ts';
import { ReferenceBackend } from '../../src/backends/reference/reference.ts';
import { LookbackError } from '../../src/errors.ts';
import * as L from '../../src/tensor/index.ts';
import { apply, type SampleInput } from '../../src/tensor/operation.ts';
import { availableBackends } from '../backends.ts';
import { type Case, casesOf, testedOperations } from './check.ts';
import { functions, type Results } from './hostileFunctions.ts';
import { Draw, type Slot } from './hostileInputs.ts';

/** Random cases for each operation and each function; more for those of many inputs, which seldom all fit. */
const runs = 60;
const manyRuns = 150;
const manyInputs = ['attention', 'conv1d', 'gru', 'linear', 'lstm', 'rnn', 'rotary', 'scatterAdd'];
const backends = (await availableBackends()).filter(({ backend }) => backend instanceof CpuBackend);
const reference = new ReferenceBackend();

/** What came of a call: the code of its error, or what its results look like. */
interface Outcome {
  error?: string;
  outputs?: string[];
  gradients?: string[] | string;
}

/** Calls `fn` on `backend` with the drawn inputs and differentiates it where it gives f32. */
function outcomeOf(backend: Backend, slots: readonly Slot[], fn: () => Results, differentiate: boolean): Outcome {
  const before = backend.memory();
  const outcome = withBackend(backend, () =>
    L.scope((): Outcome => {
      for (const slot of slots) slot.make();
      const outputs = attempt(() => list(fn()).map(look));
      if (typeof outputs === 'string') return { error: outputs };
      const leaves = slots.map((slot) => slot.tensor).filter(({ dtype }) => dtype === 'f32');
      if (!differentiate || leaves.length === 0) return { outputs };
      const gradients = attempt(() => {
        const { grads } = L.valueAndGrad(leaves, () => total(list(fn())));
        return leaves.map((leaf, i) => {
          const gradient = grads.get(String(i));
          expect(gradient?.shape).toEqual(leaf.shape);
          return gradient ? look(gradient) : 'none';
        });
      });
      return { outputs, gradients };
    }),
  );
  const { inUse, storages } = backend.memory();
  expect({ inUse, storages }, 'memory after the scope').toEqual({ inUse: before.inUse, storages: before.storages });
  return outcome;
}

const list = (results: Results): readonly L.Tensor[] => ('isTensor' in results ? [results as L.Tensor] : results);

function look(tensor: L.Tensor): string {
  expect(tensor.dataSync().length).toBe(tensor.size);
  return tensor.toString();
}

/** One number that depends on all f32 results. */
function total(results: readonly L.Tensor[]): L.Tensor {
  return results
    .filter(({ dtype }) => dtype === 'f32')
    .map((result) => L.sum(result))
    .reduce((a, b) => L.add(a, b), L.zeros([]));
}

/** The result, or the code of a LookbackError. Everything else is a fault. */
function attempt<T>(fn: () => T): T | string {
  try {
    return fn();
  } catch (error) {
    if (error instanceof LookbackError) return error.code;
    throw error;
  }
}

function fuzz(
  backend: Backend,
  prepare: (draw: Draw) => () => Results,
  { numRuns = runs, differentiate = true } = {},
): void {
  fc.assert(
    fc.property(fc.gen(), (gen) => {
      const draw = new Draw(gen);
      const fn = prepare(draw);
      const expected = outcomeOf(reference, draw.slots, fn, differentiate);
      const got = outcomeOf(backend, draw.slots, fn, differentiate);
      // Decomposed, a recurrent layer over no steps reaches none of its inputs; its own gradient is zeros.
      if (expected.gradients === 'NOT_DIFFERENTIABLE') got.gradients = expected.gradients;
      expect(got).toEqual(expected);
    }),
    { numRuns, seed: 20260 },
  );
}

/** What takes functions or classes rather than tensors; tests/engine has these. */
const elsewhere = [
  ...['checkpoint', 'customOperation', 'define', 'grad', 'inference', 'operations', 'scope', 'tapGradient'],
  ...['unscoped', 'valueAndGrad', 'Parameter', 'Scope', 'Tensor'],
];

it('knows every public function', () => {
  const exported = Object.entries(L).flatMap(([name, value]) => (typeof value === 'function' ? [name] : []));
  expect(exported.filter((name) => !elsewhere.includes(name)).sort()).toEqual(Object.keys(functions).sort());
});

it.skipIf(!process.env.LOOKBACK_NATIVE)('runs on the addon LOOKBACK_NATIVE names', () => {
  const folder = process.env.LOOKBACK_NATIVE as string;
  expect(loadNative().tried.at(-1)).toMatch(new RegExp(`loaded from .*${folder}$`));
});

it('notices bare errors, tensors that stay behind and other shapes', () => {
  const backend = new ReferenceBackend();
  const faults: Record<string, () => Results> = {
    'Cannot read properties of undefined': () => L.exp(undefined as unknown as L.Tensor),
    'memory after the scope': () => L.unscoped(() => L.zeros([1])),
    'to deeply equal': () => L.zeros([L.zeros([]).backend === backend ? 1 : 2]),
  };
  for (const [message, fault] of Object.entries(faults)) {
    expect(() => fuzz(backend, () => fault)).toThrow(
      expect.objectContaining({ cause: expect.objectContaining({ message: expect.stringContaining(message) }) }),
    );
  }
});

/** Whether any output of a sample is NaN when the input at `poisoned` is NaN throughout. */
function givesNaN(backend: Backend, testCase: Case, poisoned: number): boolean {
  return withBackend(backend, () =>
    L.scope(() => {
      const inputs = testCase.inputs.map(({ shape, dtype, values }, i) =>
        L.tensor(i === poisoned ? values.map(() => Number.NaN) : values, { shape, dtype }),
      );
      const outputs = apply(testCase.operation, inputs, testCase.attributes);
      return outputs.some((output) => output.dataSync().some(Number.isNaN));
    }),
  );
}

describe.each(backends)('NaN on $name', ({ backend }) => {
  it.each(testedOperations())('is not swallowed by $name', (operation) => {
    for (const testCase of casesOf(operation)) {
      testCase.inputs.forEach(({ dtype }, i) => {
        if (dtype !== 'f32') return;
        const where = `sample ${testCase.sample}, input ${i}`;
        expect(givesNaN(backend, testCase, i), where).toBe(givesNaN(reference, testCase, i));
      });
    }
  });
});

describe.each(backends)('hostile input on $name', ({ backend }) => {
  it.each(Object.keys(functions))('%s', (name) => {
    fuzz(backend, functions[name], { numRuns: manyInputs.includes(name) ? manyRuns : runs });
  });

  it.each(testedOperations())('operation $name', (operation) => {
    const samples = operation.samples?.() ?? [];
    fuzz(
      backend,
      (draw) => {
        const { inputs, attributes } = draw.pick(samples);
        const slots = inputs.map((input) => {
          const { shape, dtype, range }: SampleInput = 'shape' in input ? input : { shape: input };
          return draw.input(shape, { dtype, below: dtype === 'i32' ? range?.[1] : undefined });
        });
        // The reference may leave out outputs that only gradients read.
        return () =>
          apply(
            operation,
            slots.map((slot) => slot()),
            attributes,
          ).slice(0, 1);
      },
      { differentiate: operation.gradient !== undefined },
    );
  });
});
