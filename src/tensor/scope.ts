/**
 * Scopes free what a step made, so that nobody calls `dispose` in ordinary code.
 *
 * A tensor belongs to the scope that is open when it is made. `scope(fn)` frees all of them at its end but
 * those that `fn` returns (they move to the scope around it). Scopes are synchronous, since an open scope
 * would otherwise swallow tensors of unrelated code; asynchronous code holds a `Scope` and enters it piecewise.
 */
import { LookbackError } from '../errors.ts';
import type { Tensor } from './tensor.ts';

let current: Scope | undefined;

/** Called by every new tensor. */
export function register(tensor: Tensor): void {
  if (current) current.own(tensor);
}

export class Scope {
  private tensors: Tensor[] = [];
  private closed = false;

  own(tensor: Tensor): void {
    this.tensors.push(tensor);
  }

  /** Runs `fn` with this scope open. Tensors it makes live until `close()`. Throws SCOPE_ASYNC for a Promise. */
  run<T>(fn: () => T): T {
    if (this.closed) {
      throw new LookbackError('TENSOR_FREED', {
        where: 'Scope.run',
        problem: 'the scope is already closed',
        next: 'Make a new Scope',
      });
    }
    const before = current;
    current = this;
    try {
      return refusePromise('Scope.run', fn());
    } finally {
      current = before;
    }
  }

  /** Frees everything made in the scope but `kept`, which moves to the scope around. */
  close(kept?: ReadonlySet<Tensor>): void {
    this.closed = true;
    const tensors = this.tensors;
    this.tensors = [];
    for (const tensor of tensors) {
      if (kept?.has(tensor)) register(tensor);
      else tensor.dispose();
    }
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/**
 * Runs `fn` and frees every tensor made meanwhile but those in its result (a tensor, or arrays and plain
 * objects of them).
 *
 * @throws LookbackError SCOPE_ASYNC when `fn` returns a Promise.
 */
export function scope<T>(fn: () => T): T {
  const inner = new Scope();
  const kept = new Set<Tensor>();
  try {
    const result = inner.run(fn);
    collectTensors(result, kept);
    return result;
  } finally {
    inner.close(kept);
  }
}

/** Runs `fn` outside any scope: what it makes lives until it is disposed of. For parameters and caches. */
export function unscoped<T>(fn: () => T): T {
  const before = current;
  current = undefined;
  try {
    return fn();
  } finally {
    current = before;
  }
}

/** Throws SCOPE_ASYNC if `value` is a Promise. */
export function refusePromise<T>(where: string, value: T): T {
  if (value instanceof Promise) {
    // The caller never sees this promise; its own failure must not become an unhandled rejection.
    value.catch(() => undefined);
    throw new LookbackError('SCOPE_ASYNC', {
      where,
      expected: 'a synchronous function',
      got: 'one that returns a Promise',
      next: 'Hold a `new Scope()` and call `scope.run(() => …)` between the awaits',
    });
  }
  return value;
}

/** Puts every tensor found in arrays, maps and plain objects of `value` into `found`. */
export function collectTensors(value: unknown, found: Set<Tensor>): void {
  if (typeof value !== 'object' || value === null) return;
  if ('isTensor' in value) {
    found.add(value as Tensor);
  } else if (Array.isArray(value)) {
    for (const item of value) collectTensors(item, found);
  } else if (value instanceof Map) {
    for (const item of value.values()) collectTensors(item, found);
  } else if (Object.getPrototypeOf(value) === Object.prototype) {
    for (const item of Object.values(value)) collectTensors(item, found);
  }
}
