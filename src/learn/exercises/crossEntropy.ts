/** Exercise 5: the gradient of softmax cross-entropy. The engine's gradient of `crossEntropy` is the answer. */
import { Random } from '../../random.ts';
import { crossEntropy as crossEntropyOf, grad, scope, softmax, tensor } from '../../tensor/index.ts';
import type { Exercise } from '../exercise.ts';
import { dense, type Vector, vector } from '../numbers.ts';

const starter = `/**
 * The gradient of the cross-entropy by the logits.
 *
 * logits [V] are the model's scores, target is the id of the right token;
 * loss = -log softmax(logits)[target]. The result is [V], d loss / d logits.
 */
export function crossEntropyGradient(logits: number[], target: number): number[] {
  // Your turn. Let the logits be as large as 1000.
  return logits.map(() => 0);
}
`;

function gradient(logits: Vector, target: number): Vector {
  return scope(() => {
    const x = dense(logits, [1, logits.length]);
    const targets = tensor(Int32Array.of(target), { shape: [1] });
    return [
      ...(grad([x], () => crossEntropyOf(x, targets))
        .get('0')
        ?.dataSync() ?? []),
    ];
  });
}

function shares(logits: Vector): Vector {
  return scope(() => [...softmax(dense(logits, [logits.length])).dataSync()]);
}

export const crossEntropy: Exercise = {
  number: 5,
  name: 'cross-entropy-gradient',
  title: 'The gradient of softmax cross-entropy',
  chapter: 'training',
  task: 'Write the gradient of the loss by each logit. It is two lines once the probabilities are there.',
  hint: 'd loss / d logit[j] is p[j] for every wrong token and p[j] - 1 for the right one, with p the softmax. Subtract the highest logit before exp, or it overflows.',
  function: 'crossEntropyGradient',
  starter,
  tolerance: 1e-6,
  cases() {
    const random = new Random(1, 'learn/cross-entropy');
    return [
      { about: '5 tokens', inputs: [vector(random, 5), 2] },
      { about: '30 tokens, the last one right', inputs: [vector(random, 30, 2), 29] },
      { about: 'two equal logits', inputs: [[0, 0], 0] },
      { about: 'a single token', inputs: [[3], 0] },
      { about: 'logits of 1000', inputs: [[1000, 999, 0, -1000], 1] },
    ];
  },
  expected: gradient,
  mistakes: [
    {
      message: 'The gradient is still zero everywhere: write the lines below “Your turn”.',
      gives: (logits: Vector) => logits.map(() => 0),
    },
    {
      message: 'These are the probabilities alone: the right token’s still lacks its - 1.',
      gives: (logits: Vector) => shares(logits),
    },
    {
      message: 'The sign is turned round: this is the direction in which the loss falls, the gradient points up.',
      gives: (logits: Vector, target: number) => gradient(logits, target).map((value) => -value),
    },
    {
      message: 'The 1 is subtracted from every token; only the right one has it.',
      gives: (logits: Vector) => shares(logits).map((share) => share - 1),
    },
  ],
};
