/** The lecture's exercises: a blank in a few lines of TypeScript, and a checker that knows the engine's answers. */
import { LookbackError, nearest } from '../errors.ts';
import type { Exercise } from './exercise.ts';
import { analogy } from './exercises/analogy.ts';
import { attention } from './exercises/attention.ts';
import { bigrams } from './exercises/bigrams.ts';
import { bytePairMerge } from './exercises/bytePairMerge.ts';
import { cache } from './exercises/cache.ts';
import { crossEntropy } from './exercises/crossEntropy.ts';
import { gates } from './exercises/gates.ts';
import { lstmCell } from './exercises/lstmCell.ts';
import { oneStep } from './exercises/oneStep.ts';
import { parameters } from './exercises/parameters.ts';
import { topK } from './exercises/topK.ts';
import { windows } from './exercises/windows.ts';

export type { Exercise } from './exercise.ts';
export { failed, judge, type Problem, type Verdict } from './judge.ts';
export { endless, programFor, readAnswer, timeLimit } from './program.ts';

/** By number: a new one comes last, so that the files a learner has keep their names. Chapters name their own. */
export const exercises: readonly Exercise[] = [
  lstmCell,
  attention,
  parameters,
  topK,
  crossEntropy,
  cache,
  bytePairMerge,
  bigrams,
  analogy,
  windows,
  oneStep,
  gates,
];

/** An exercise by its number or name. @throws LookbackError USAGE */
export function findExercise(word: string): Exercise {
  const found = exercises.find(({ number, name }) => String(number) === word || name === word);
  if (found) return found;
  const near = nearest(
    word,
    exercises.map(({ name }) => name),
  );
  throw new LookbackError('USAGE', {
    where: 'lookback learn',
    expected: `an exercise from 1 to ${exercises.length}, or its name`,
    got: JSON.stringify(word.slice(0, 60)),
    next: near ? `Did you mean ${near}?` : 'lookback learn lists them',
  });
}
