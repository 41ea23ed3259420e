/**
 * The tape: what was computed, so that it can be differentiated in reverse.
 *
 * While a tape is recording, every operation with an input that needs a gradient leaves an entry {operation,
 * parents, saved tensors, attributes}. What an entry saved is released as soon as the way back has used it.
 * backward.ts walks the entries; gradient.ts has the functions users call.
 */
import { LookbackError } from '../errors.ts';
import { alias } from './memory.ts';
import type { Operation } from './operation.ts';
import type { Shape } from './shape.ts';
import type { Tensor } from './tensor.ts';

/** What an entry keeps for its gradient function; undefined where the operation does not need it. */
export interface Saved {
  readonly inputs: readonly (Tensor | undefined)[];
  readonly outputs: readonly (Tensor | undefined)[];
  /** Storage versions when recorded: an optimizer step in between would falsify the gradient. */
  readonly versions: readonly number[];
}

/** One recorded operation, or a leaf (a tensor the gradient is wanted for). */
export class TapeNode {
  /** Gradients that have arrived so far, by output. The node owns them. */
  readonly gradients: (Tensor | undefined)[] = [];
  /** Leaf only: whether this pass has already written the parameter's place in the arena. */
  arenaWritten = false;

  constructor(
    readonly tape: Tape,
    /** Undefined for a leaf. */
    readonly operation: Operation<unknown> | undefined,
    readonly leaf: Tensor | undefined,
    readonly attributes: unknown,
    /** Entries that made the inputs; undefined where no gradient is needed. */
    readonly parents: readonly (TapeNode | undefined)[],
    readonly parentOutputs: readonly number[],
    readonly inputShapes: readonly Shape[],
    public saved: Saved | undefined,
  ) {}

  /** Lets go of what was saved for the gradient. */
  releaseSaved(): void {
    if (!this.saved) return;
    for (const tensor of this.saved.inputs) tensor?.dispose();
    for (const tensor of this.saved.outputs) tensor?.dispose();
    this.saved = undefined;
  }

  releaseGradients(): void {
    for (const gradient of this.gradients) gradient?.dispose();
    this.gradients.length = 0;
  }
}

export class Tape {
  readonly nodes: TapeNode[] = [];
  /** Whether the way back calls functions of the user's, which may use tensors that no entry saved. */
  callsBack = false;
  /** `parent` is the tape around, when `checkpoint` runs a function again. */
  constructor(readonly parent?: Tape) {}
  /** What the leaves were before: on a tape that waits while this one runs inside its `inference`. */
  private readonly before: { leaf: Tensor; node: TapeNode | undefined; output: number }[] = [];

  /** Marks `tensor` as one the gradient is wanted for. */
  leaf(tensor: Tensor): TapeNode {
    const node = new TapeNode(this, undefined, tensor, undefined, [], [], [], undefined);
    this.nodes.push(node);
    this.before.push({ leaf: tensor, node: tensor.node, output: tensor.nodeOutput });
    tensor.node = node;
    tensor.nodeOutput = 0;
    return node;
  }

  /** Releases everything still held; the tape is useless afterwards. */
  close(): void {
    for (const node of this.nodes) {
      node.releaseSaved();
      node.releaseGradients();
    }
    for (const { leaf, node, output } of this.before) {
      leaf.node = node;
      leaf.nodeOutput = output;
    }
    this.nodes.length = 0;
    this.before.length = 0;
  }
}

let current: Tape | undefined;

/** The tape that is recording now. */
export function currentTape(): Tape | undefined {
  return current;
}

/** Refuses in-place changes while a tape may still need the old values. Throws TAPE_ACTIVE. */
export function assertNoTape(where: string): void {
  if (!current) return;
  throw new LookbackError('TAPE_ACTIVE', {
    where,
    problem: 'parameters cannot change while a gradient is being recorded',
    next: 'Take the step after valueAndGrad has returned',
  });
}

/** Says that the way back will call a function of the user's. */
export function willCallBack(): void {
  if (current) current.callsBack = true;
}

/** Runs `fn` with `tape` recording (undefined: nothing records). */
export function withTape<T>(tape: Tape | undefined, fn: () => T): T {
  const before = current;
  current = tape;
  try {
    return fn();
  } finally {
    current = before;
  }
}

/** Runs `fn` without recording: what it makes has no gradient, and nothing is saved for one. */
export function inference<T>(fn: () => T): T {
  return withTape(undefined, fn);
}

/** The entry that made `tensor`, if it is on the recording tape or on one around it. */
export function liveNode(tensor: Tensor): TapeNode | undefined {
  const node = tensor.node;
  if (!node) return undefined;
  for (let tape = current; tape; tape = tape.parent) if (node.tape === tape) return node;
  return undefined;
}

/** Whether an operation on `inputs` must leave an entry. */
export function needsRecord(inputs: readonly Tensor[]): boolean {
  if (!current) return false;
  for (let i = 0; i < inputs.length; i++) if (inputs[i].node && liveNode(inputs[i])) return true;
  return false;
}

/** Leaves an entry. `inputs` are as the user gave them, `ready` as the kernel saw them. */
export function record<Attributes>(
  operation: Operation<Attributes>,
  inputs: readonly Tensor[],
  ready: readonly Tensor[],
  outputs: readonly Tensor[],
  attributes: Attributes,
): void {
  const tape = current as Tape;
  const { saves } = operation;
  const node = new TapeNode(
    tape,
    operation as unknown as Operation<unknown>,
    undefined,
    attributes,
    inputs.map(liveNode),
    inputs.map((input) => input.nodeOutput),
    inputs.map((input) => input.shape),
    {
      inputs: keep(ready, saves?.inputs),
      outputs: keep(outputs, saves?.outputs),
      versions: ready.map((input) => input.storage.version),
    },
  );
  tape.nodes.push(node);
  for (let i = 0; i < outputs.length; i++) {
    outputs[i].node = node;
    outputs[i].nodeOutput = i;
  }
}

function keep(list: readonly Tensor[], which: readonly number[] | undefined): (Tensor | undefined)[] {
  return list.map((tensor, i) => (which === undefined || which.includes(i) ? alias(tensor) : undefined));
}
