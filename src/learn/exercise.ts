/**
 * What an exercise is: a blank in a few lines of TypeScript, inputs to try it on, and the engine's own answer to each.
 * Nothing here runs a learner's code; a solution is nowhere in the package.
 */

/** What goes into and comes out of an exercise's function: numbers, alone, in lists and in records. */
export type Value = number | readonly Value[] | { readonly [key: string]: Value };

/** One call of the learner's function. */
export interface Case {
  /** What is special about it, as in `on …`. */
  readonly about: string;
  readonly inputs: readonly Value[];
}

/** A wrong answer that many give, recognised by its numbers. */
export interface Mistake {
  readonly message: string;
  /** What one who makes it gets; undefined where the case does not tell. */
  gives(...inputs: never[]): Value | undefined;
}

export interface Exercise {
  readonly number: number;
  /** The name of its file, after the number. */
  readonly name: string;
  readonly title: string;
  /** The chapter of the lecture that it belongs to. */
  readonly chapter: string;
  /** What to do, in one or two sentences. */
  readonly task: string;
  readonly hint: string;
  /** The function that is called. */
  readonly function: string;
  /** The file to begin with. */
  readonly starter: string;
  /** Largest difference that counts as equal, as a share of the expected number (and of 1, for small ones). */
  readonly tolerance: number;
  cases(): readonly Case[];
  /** The engine's answer. Runs on the current backend. */
  expected(...inputs: never[]): Value;
  readonly mistakes: readonly Mistake[];
}

/** What the learner's function gave for a case, as it came out of its isolation. */
export type Outcome = { readonly value: unknown } | { readonly error: string };
