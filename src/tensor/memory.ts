/**
 * Moving and adding whole tensors below the level of operations: nothing here is recorded on a tape.
 * Used for making inputs contiguous, for adding gradients together and for arenas.
 */
import { addressOf, bytesPerElement, type Implementation, type View } from '../backends/backend.ts';
import { dtypeCode } from '../backends/cpu/codes.ts';
import { collapse, contiguousStrides } from './shape.ts';
import { allocate, Tensor } from './tensor.ts';

const copyImplementation: Implementation<undefined> = {
  name: 'copy',
  reference: ([from], [to]) => to.data.set(from.data),
  cpu: (kernels, [from], [to]) => {
    const bytes = bytesPerElement[from.dtype];
    const { shape, strides } = collapse(from.shape, [to.strides, from.strides]);
    return copyAxes(shape, strides[0], strides[1], addressOf(to), addressOf(from), bytes);

    function copyAxes(n: number[], o: number[], i: number[], out: number, input: number, size: number): number {
      if (n.length > 4) {
        // More than four axes that do not merge: walk the outermost here.
        for (let at = 0; at < n[0]; at++) {
          const status = copyAxes(
            n.slice(1),
            o.slice(1),
            i.slice(1),
            out + at * o[0] * size,
            input + at * i[0] * size,
            size,
          );
          if (status !== 0) return status;
        }
        return 0;
      }
      const [n0, n1, n2, n3] = four(n, 1);
      const [o0, o1, o2, o3] = four(o, 0);
      const [i0, i1, i2, i3] = four(i, 0);
      return kernels.copy(out, o0, o1, o2, o3, input, i0, i1, i2, i3, n0, n1, n2, n3, size);
    }
  },
};

/** The last four entries, padded in front. */
export function four(list: readonly number[], pad: number): [number, number, number, number] {
  const r = list.length;
  return [r > 3 ? list[r - 4] : pad, r > 2 ? list[r - 3] : pad, r > 1 ? list[r - 2] : pad, r > 0 ? list[r - 1] : pad];
}

/** Copies `from` onto `to` (same shape and type, any strides) in place. */
export function copyInto(to: View, from: View): void {
  if (from.size > 0) from.storage.backend.run(copyImplementation, [from], [to], undefined);
}

const addImplementation: Implementation<undefined> = {
  name: 'add',
  reference: ([a, b], [out]) => {
    for (let i = 0; i < a.data.length; i++) out.data[i] = a.data[i] + b.data[i];
  },
  cpu: (kernels, [a, b], [out]) =>
    kernels.binary(0, addressOf(out), addressOf(a), addressOf(b), 1, 1, 1, a.size, 0, 0, 0, 1, 0, 0, 0, 1),
};

/** out = a + b for f32 tensors of one shape; `out` may be `a`. Both `a` and `out` must be contiguous. */
export function addInto(out: Tensor, a: Tensor, b: Tensor): void {
  if (a.size === 0) return;
  const dense = contiguous(b);
  out.backend.run(addImplementation, [a, dense], [out], undefined);
  if (dense !== b) dense.dispose();
}

const fillImplementation: Implementation<number> = {
  name: 'fill',
  reference: (_, [out], value) => {
    out.data.fill(value);
  },
  cpu: (kernels, _, [out], value) => kernels.fill(addressOf(out), value, dtypeCode[out.dtype], out.size),
};

/** Sets every element of a contiguous tensor in place. */
export function fillInto(out: View, value: number): void {
  if (out.size > 0) out.storage.backend.run(fillImplementation, [], [out], value);
}

/** The tensor itself when it is row-major, else a row-major copy. Not recorded. */
export function contiguous(input: Tensor): Tensor {
  if (input.isContiguous) return input;
  const copy = allocate(input.shape, input.dtype, input.backend);
  copyInto(copy, input);
  return copy;
}

/** Another handle on the same elements that belongs to no scope: the holder disposes of it. */
export function alias(input: Tensor): Tensor {
  input.storage.references++;
  return new Tensor(input.storage, input.dtype, input.shape, input.strides, input.offset, false);
}

/** A contiguous look at `shape` elements of `storage` from `offset` on, belonging to no scope. */
export function lookAt(owner: Tensor, shape: readonly number[], offset: number): Tensor {
  owner.storage.references++;
  return new Tensor(owner.storage, owner.dtype, shape, contiguousStrides(shape), offset, false);
}
