/**
 * The way back: from the gradient of the last result to those of the leaves.
 *
 * Entries are visited in the reverse of the order they were recorded; contributions to one tensor are added
 * in that order, so the sums are the same bits every time. Parameters that an optimizer has moved into an
 * arena receive their gradient there directly.
 */
import { LookbackError } from '../errors.ts';
import { addInto, alias, contiguous, copyInto, lookAt } from './memory.ts';
import type { GradientContext } from './operation.ts';
import { Scope, unscoped } from './scope.ts';
import { sameShape, show } from './shape.ts';
import { inference, type Tape, type TapeNode } from './tape.ts';
import { type ArenaSlot, allocate, Parameter, type Tensor } from './tensor.ts';

/** Walks `tape` back. Gradients must already have been given to the nodes of the results. */
export function backward(tape: Tape): void {
  inference(() => {
    for (let i = tape.nodes.length - 1; i >= 0; i--) {
      const node = tape.nodes[i];
      if (node.operation && node.gradients.some((gradient) => gradient)) stepBack(node);
      if (node.operation) {
        node.releaseGradients();
        node.releaseSaved();
      }
    }
  });
}

/** Adds `gradient` to what has reached an output of `node`. The caller keeps its own handle. */
export function accumulate(node: TapeNode, output: number, gradient: Tensor): void {
  const slot = arenaSlot(node);
  if (slot) {
    const target = lookAt(slot.gradients, gradient.shape, slot.offset);
    if (node.arenaWritten) addInto(target, target, gradient);
    else copyInto(target, gradient);
    node.arenaWritten = true;
    target.dispose();
    return;
  }
  const before = node.gradients[output];
  if (!before) {
    node.gradients[output] = alias(gradient);
  } else if (isExclusive(before)) {
    addInto(before, before, gradient);
  } else {
    // The first contribution may be shared with other entries, so the sum gets a block of its own.
    const sum = unscoped(() => allocate(before.shape, before.dtype, before.backend));
    const dense = contiguous(before);
    addInto(sum, dense, gradient);
    if (dense !== before) dense.dispose();
    before.dispose();
    node.gradients[output] = sum;
  }
}

/** Whether the entry that holds `gradient` is the only one to see its block, which may then be added to in place. */
function isExclusive(gradient: Tensor): boolean {
  return gradient.storage.references === 1 && gradient.isContiguous;
}

function arenaSlot(node: TapeNode): ArenaSlot | undefined {
  return node.leaf instanceof Parameter ? node.leaf.slot : undefined;
}

function stepBack(node: TapeNode): void {
  const operation = node.operation;
  const saved = node.saved;
  if (!operation?.gradient || !saved) return;
  checkVersions(node);
  const directly: (Tensor | undefined)[] = [];
  const context: GradientContext<unknown> = {
    inputs: guarded(saved.inputs, `${operation.name}: input`),
    outputs: guarded(saved.outputs, `${operation.name}: output`),
    attributes: node.attributes,
    needs: node.parents.map((parent) => parent !== undefined),
    inputShapes: node.inputShapes,
    into(i) {
      const parent = node.parents[i];
      const slot = parent && !parent.arenaWritten ? arenaSlot(parent) : undefined;
      // A parameter used twice by one operation has one place; the second gradient is added to it.
      if (!slot || node.parents.some((other, j) => other === parent && directly[j])) return undefined;
      directly[i] = lookAt(slot.gradients, node.inputShapes[i], slot.offset);
      return directly[i];
    },
    onto(i) {
      const parent = node.parents[i];
      const before = parent?.gradients[node.parentOutputs[i]];
      // Nobody else may hold it, and no other input of this operation may be about to add to it.
      if (!before || !isExclusive(before) || node.parents.some((other, j) => other === parent && j !== i))
        return undefined;
      directly[i] = alias(before);
      return directly[i];
    },
  };
  const inner = new Scope();
  try {
    inner.run(() => {
      const gradients = operation.gradient?.(node.gradients, context) ?? [];
      node.parents.forEach((parent, i) => {
        if (parent && gradients[i] && gradients[i] === directly[i])
          parent.arenaWritten = arenaSlot(parent) !== undefined;
      });
      for (let i = 0; i < node.parents.length; i++) {
        const parent = node.parents[i];
        const gradient = gradients[i];
        if (!parent || !gradient || gradient === directly[i]) continue;
        if (!sameShape(gradient.shape, node.inputShapes[i])) {
          throw new LookbackError('SHAPE_MISMATCH', {
            where: `gradient of ${operation.name}`,
            expected: `${show(node.inputShapes[i])} for input ${i}`,
            got: show(gradient.shape),
          });
        }
        accumulate(parent, node.parentOutputs[i], gradient);
      }
    });
  } finally {
    for (const target of directly) target?.dispose();
    inner.close();
  }
}

/** A gradient function that uses what its operation did not save is a mistake of ours; say so at once. */
function guarded(saved: readonly (Tensor | undefined)[], what: string): readonly Tensor[] {
  return saved.map((tensor, i) => {
    if (tensor) return tensor;
    return new Proxy({} as Tensor, {
      get() {
        throw new LookbackError('BAD_ARGUMENT', { where: `${what} ${i}`, problem: 'was not saved for the gradient' });
      },
    });
  });
}

function checkVersions(node: TapeNode): void {
  node.saved?.inputs.forEach((tensor, i) => {
    if (tensor && tensor.storage.version !== node.saved?.versions[i]) {
      throw new LookbackError('TAPE_ACTIVE', {
        where: `gradient of ${node.operation?.name}`,
        problem: 'an input was changed in place after the operation ran',
        next: 'Take the optimizer step after valueAndGrad has returned',
      });
    }
  });
}
