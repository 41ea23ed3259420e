/**
 * What the ways back of the coarse operations share: where a gradient is written, absent operands, empty inputs.
 * Only the kernels' side comes here; the reference backend differentiates decompositions.
 */
import { addressOf, type Backend, type View } from '../../backends/backend.ts';
import type { Kernels } from '../../backends/cpu/kernels.generated.ts';
import { copyInto, fillInto } from '../memory.ts';
import type { GradientContext } from '../operation.ts';
import { isContiguous } from '../shape.ts';
import { allocate, type Tensor } from '../tensor.ts';

/** Address of the first element; 0, which kernels take for "absent", without a view. */
export function address(view: View | undefined): number {
  return view ? addressOf(view) : 0;
}

/** Where the gradient of input `i` goes: the arena, a new block, or nowhere when nobody needs it. */
export function gradientTarget<A>(context: GradientContext<A>, i: number, backend: Backend): Tensor | undefined {
  if (!context.needs[i]) return undefined;
  return context.into(i) ?? allocate(context.inputShapes[i], 'f32', backend);
}

/** Calls a kernel that writes `targets` whole. Where there is nothing to sum over (`empty`) they become zero instead. */
export function runGradient(
  name: string,
  backend: Backend,
  { empty, targets }: { empty: boolean; targets: readonly (Tensor | undefined)[] },
  cpu: (kernels: Kernels) => number,
): void {
  if (!empty) backend.run({ name, cpu }, [], [], undefined);
  else for (const target of targets) if (target) fillInto(target, 0);
}

/** The view itself when its last axis has unit stride, else a row-major copy of it. */
export function unitStride(view: View): View {
  const last = view.shape.length - 1;
  return view.strides[last] === 1 || view.shape[last] <= 1 ? view : copyOf(view);
}

/** The view itself when it is row-major, else a copy that is. */
export function rowMajor(view: View): View {
  return isContiguous(view.shape, view.strides) ? view : copyOf(view);
}

function copyOf(view: View): View {
  const copy = allocate(view.shape, view.dtype, view.storage.backend);
  copyInto(copy, view);
  return copy;
}

/** Row-major strides of [B, T, H, D], in the order of [B, H, T, D]: what attention and rotary write. */
export function timeMajorStrides([, heads, time, width]: readonly number[]): number[] {
  return [time * heads * width, width, heads * width, 1];
}
