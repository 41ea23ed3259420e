/**
 * What the ways back of the coarse operations share: where a gradient is written, absent operands, empty inputs.
 * Only the kernels' side comes here; the reference backend differentiates decompositions.
 */
import { addressOf, type Backend, type View } from '../../backends/backend.ts';
import type { Kernels } from '../../backends/cpu/kernels.generated.ts';
import { copyInto, fillInto } from '../memory.ts';
import type { GradientContext } from '../operation.ts';
import { isContiguous, type Shape } from '../shape.ts';
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

/** dW = dzᵀ x for a weight [O, I] that is input `i`. */
export function weightGradient<A>(
  name: string,
  context: GradientContext<A>,
  i: number,
  { dz, x, shape: [n, k] }: { dz: Tensor; x: Tensor; shape: Shape },
): Tensor | undefined {
  const target = gradientTarget(context, i, dz.backend);
  if (!target) return undefined;
  const m = k === 0 ? 0 : x.size / k;
  runGradient(name, dz.backend, { empty: n === 0 || m === 0, targets: [target] }, (kernels) =>
    kernels.gemm(1, n, k, m, addressOf(dz), 0, 1, n, addressOf(x), 0, k, 1, addressOf(target), 0, k, 0),
  );
  return target;
}

/** db = Σ dz for a bias [O] that is input `i`. */
export function biasGradient<A>(name: string, context: GradientContext<A>, i: number, dz: Tensor): Tensor | undefined {
  const target = context.needs[i] ? gradientTarget(context, i, dz.backend) : undefined;
  if (!target) return undefined;
  runGradient(name, dz.backend, { empty: dz.size === 0, targets: [target] }, (kernels) =>
    kernels.sumColumns(addressOf(target), addressOf(dz), dz.size / target.size, target.size, 0),
  );
  return target;
}

/** dx = dz W for a weight [O, I], where x is input 0; added to what has arrived already where that may be. */
export function inputGradient<A>(
  name: string,
  context: GradientContext<A>,
  { dz, weight }: { dz: Tensor; weight: Tensor },
): Tensor | undefined {
  if (!context.needs[0]) return undefined;
  const [n, k] = weight.shape;
  const sum = context.onto(0);
  const dx = sum ?? allocate(context.inputShapes[0], 'f32', dz.backend);
  const m = k === 0 ? 0 : dx.size / k;
  runGradient(name, dz.backend, { empty: n === 0 || m === 0, targets: sum ? [] : [dx] }, (kernels) =>
    weight.dtype === 'bf16'
      ? kernels.gemmBf16(m, k, n, addressOf(dz), n, 1, addressOf(weight), k, 1, addressOf(dx), k, sum ? 1 : 0)
      : kernels.gemm(1, m, k, n, addressOf(dz), 0, n, 1, addressOf(weight), 0, k, 1, addressOf(dx), 0, k, sum ? 1 : 0),
  );
  return dx;
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
