/** One file of fixtures/: PyTorch's inputs, parameters, outputs and gradients, and how ours are held against them. */
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { type Backend, withBackend } from '../../src/backends/backend.ts';
import { add, multiply, scope, sum, type Tensor, tensor, valueAndGrad } from '../../src/tensor/index.ts';
import { loadSafetensors, type TensorEntry } from '../../src/track/safetensors.ts';

/** Where one of our tensors lies in PyTorch's: all of it, or one of `parts` equal blocks of its rows. */
export interface Place {
  name: string;
  part?: number;
  parts?: number;
}

export interface Comparison {
  backend: Backend;
  /** Largest max|Δ| / max|ref| for a backend of float32. */
  tolerance?: number;
}

export class Fixture {
  private readonly entries: Map<string, TensorEntry>;

  constructor(readonly name: string) {
    const url = new URL(`./fixtures/${name}.safetensors`, import.meta.url);
    this.entries = loadSafetensors(new Uint8Array(readFileSync(url)), name);
  }

  /** The numbers stored under PyTorch's name. */
  entry({ name, part = 0, parts = 1 }: Place): { shape: readonly number[]; data: TensorEntry['data'] } {
    const entry = this.entries.get(name);
    if (!entry) throw new Error(`${this.name} has no ${name}, only ${[...this.entries.keys()].join(', ')}`);
    if (parts === 1) return entry;
    const count = entry.data.length / parts;
    const [rows, ...rest] = entry.shape;
    return { shape: [rows / parts, ...rest], data: entry.data.slice(part * count, (part + 1) * count) };
  }

  /** A stored input or parameter as a tensor on the current backend. */
  tensor(place: Place): Tensor {
    const { shape, data } = this.entry(place);
    return tensor(data, { shape });
  }

  /** Names that begin with `prefix`, without it. */
  names(prefix: string): string[] {
    return [...this.entries.keys()].filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
  }

  /** Fails unless max|Δ| / max|ref| is within the tolerance: 1e-10 on a float64 backend, else `tolerance`. */
  expectClose(place: Place, actual: Tensor, { tolerance = 1e-5 }: { tolerance?: number } = {}): void {
    const { shape, data } = this.entry(place);
    const numbers = actual.dataSync();
    expect(actual.shape, place.name).toEqual(shape);
    // The scale is that of PyTorch's whole tensor: a part may be zero but for rounding, as a key's bias gradient is.
    const scale = largest(this.entry({ name: place.name }).data);
    const error = largest(Float64Array.from(numbers, (x, i) => x - data[i]));
    const allowed = numbers instanceof Float64Array ? 1e-10 : tolerance;
    expect(error / scale, `max|Δ|/max|ref| of ${place.name}, part ${place.part ?? 0}`).toBeLessThanOrEqual(allowed);
  }

  /**
   * Runs `forward` and compares every `output…` it must return, and the gradients of Σ output · w by `parameters` and
   * by every stored input that has a `grad.` and is none of them.
   */
  compare(
    forward: (inputs: Record<string, Tensor>) => Record<string, Tensor>,
    { backend, tolerance }: Comparison,
    parameters: readonly (readonly [Place, Tensor])[] = [],
  ): void {
    withBackend(backend, () =>
      scope(() => {
        const covered = new Set(parameters.map(([{ name }]) => name));
        const stored = [...this.entries].filter(([name, { dtype }]) => dtype !== 'F64' && !covered.has(name));
        const inputs = Object.fromEntries(stored.map(([name]) => [name, this.tensor({ name })]));
        const differentiated = this.names('grad.').filter((name) => !covered.has(name));
        const leaves = [...parameters, ...differentiated.map((name) => [{ name }, inputs[name]] as const)];
        const { grads } = valueAndGrad(
          leaves.map(([, leaf]) => leaf),
          () => {
            const outputs = forward(inputs);
            expect(Object.keys(outputs).sort()).toEqual(this.names('output').map((rest) => `output${rest}`));
            return Object.entries(outputs)
              .map(([name, output]) => {
                this.expectClose({ name }, output, { tolerance });
                return sum(multiply(output, inputs[name.replace('output', 'w')]));
              })
              .reduce((total, term) => add(total, term));
          },
        );
        leaves.forEach(([place], i) => {
          const gradient = grads.get(String(i));
          if (!gradient) throw new Error(`no gradient of ${place.name}`);
          this.expectClose({ ...place, name: `grad.${place.name}` }, gradient, { tolerance });
        });
      }),
    );
  }
}

/** max|x|; NaN if one of them is. */
function largest(values: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) most = Math.max(most, Math.abs(values[i]));
  return most;
}
