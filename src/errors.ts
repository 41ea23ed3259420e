/**
 * Every error Lookback raises on purpose, each with a code.
 *
 * A message names the operation, what was expected, what came, and the next step. Nothing else in the
 * package throws a bare `Error` for something a user can cause.
 */

/** What each code means, and the exit status the command line gives it (2: wrong use, 1: failure). */
export const errorCodes = {
  SHAPE_MISMATCH: { meaning: 'the shapes of the inputs do not fit the operation', exit: 1 },
  DTYPE_MISMATCH: { meaning: 'the element type does not fit; nothing is promoted implicitly', exit: 1 },
  BAD_ARGUMENT: { meaning: 'an argument is outside what the function takes', exit: 1 },
  INDEX_OUT_OF_RANGE: { meaning: 'an index points outside the tensor it indexes', exit: 1 },
  OUT_OF_MEMORY: { meaning: 'the backend cannot give a block of this size', exit: 1 },
  TENSOR_FREED: { meaning: 'the tensor was freed when its scope closed', exit: 1 },
  SCOPE_ASYNC: { meaning: 'a synchronous scope was given an asynchronous function', exit: 1 },
  SECOND_ORDER: { meaning: 'gradients of gradients are not supported', exit: 1 },
  NOT_DIFFERENTIABLE: { meaning: 'the operation has no gradient', exit: 1 },
  TAPE_ACTIVE: { meaning: 'a parameter was changed while a gradient tape still needs it', exit: 1 },
  BACKEND_UNAVAILABLE: { meaning: 'the chosen backend cannot be loaded here', exit: 1 },
  BACKEND_NOT_READY: { meaning: 'the backend must be awaited with init() first', exit: 1 },
  BACKEND_MIXED: { meaning: 'tensors of two backends met in one operation', exit: 1 },
  KERNEL_FAILED: { meaning: 'a kernel refused its arguments', exit: 1 },
  STATE_MISMATCH: { meaning: 'a state dictionary does not fit the module', exit: 1 },
  FILE_NOT_FOUND: { meaning: 'a file or folder is missing', exit: 1 },
  FILE_INVALID: { meaning: 'a file is not what its name says, or is damaged', exit: 1 },
  FILE_WRITE: { meaning: 'a file could not be written', exit: 1 },
  DATA_MISSING: { meaning: 'a data set is not on this machine', exit: 1 },
  DATA_INVALID: { meaning: 'the data cannot be used as asked', exit: 1 },
  DECIMALS_UNCLEAR: { meaning: 'numbers of a table can be read with two decimal marks', exit: 1 },
  PACKAGE_MISSING: { meaning: 'an optional package is not installed', exit: 1 },
  UNSUPPORTED: { meaning: 'this model or format cannot do what was asked', exit: 1 },
  RECIPE_INVALID: { meaning: 'a recipe has a wrong key or value', exit: 2 },
  USAGE: { meaning: 'the command line was used wrongly', exit: 2 },
  RUN_NOT_FOUND: { meaning: 'no run of that name', exit: 1 },
  RUN_BUSY: { meaning: 'another process is writing this run', exit: 1 },
  CHECKPOINT_INVALID: { meaning: 'a checkpoint is damaged or of another schema version', exit: 1 },
  NON_FINITE: { meaning: 'training met an infinite or undefined number', exit: 1 },
  LINK_INVALID: { meaning: 'a shared link is damaged, too long or of another version', exit: 1 },
} as const satisfies Record<string, { meaning: string; exit: 1 | 2 }>;

/** A stable name for a kind of failure; test this, not the message. */
export type ErrorCode = keyof typeof errorCodes;

/** The parts of a message; each is a short phrase without a final full stop. */
export interface ErrorParts {
  /** The operation, file, flag or key that refused, e.g. `linear` or `--model.hidden`. */
  where: string;
  /** What it takes. */
  expected?: string;
  /** What it was given. */
  got?: string;
  /** What went wrong, when `expected`/`got` do not say it. */
  problem?: string;
  /** What the reader can do about it. */
  next?: string;
  /** The error underneath. */
  cause?: unknown;
}

/** The one error class of the package. Test `error.code`; show `error.message`. */
export class LookbackError extends Error {
  readonly code: ErrorCode;
  readonly parts: ErrorParts;

  constructor(code: ErrorCode, parts: ErrorParts) {
    super(compose(parts), parts.cause === undefined ? undefined : { cause: parts.cause });
    this.name = 'LookbackError';
    this.code = code;
    this.parts = parts;
  }

  /** Exit status of the command line for this error. */
  get exitCode(): 1 | 2 {
    return errorCodes[this.code].exit;
  }
}

function compose({ where, expected, got, problem, next }: ErrorParts): string {
  const said: string[] = [];
  if (problem) said.push(problem);
  if (expected) said.push(`expected ${expected}`);
  if (got) said.push(`got ${got}`);
  const advice = next && (/[?!.]$/.test(next) ? ` ${next}` : ` ${next}.`);
  return `${where}: ${said.join(', ')}.${advice ?? ''}`;
}

/** The valid name nearest to `word` by edit distance, or undefined when none is close enough to suggest. */
export function nearest(word: string, valid: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(word.length / 3)) + 1;
  for (const candidate of valid) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min(substitution, (previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}
