/**
 * What is looked at: a trained model and one input, its activations read through taps while it runs as it always does.
 *
 * Nothing here trains, loads or stores. A subject holds no tensors of its own besides the model's parameters.
 */
import { LookbackError } from '../errors.ts';
import { Forecaster, GPT, type RecurrentLanguageModel } from '../models/index.ts';
import type { RecurrentKind, Tap } from '../nn/index.ts';
import { inference, scope, type Tensor, tensor } from '../tensor/index.ts';
import type { Tokenizer } from '../text/index.ts';

export type LanguageSubject = {
  readonly model: GPT | RecurrentLanguageModel;
  /** [T] */
  readonly ids: Int32Array;
};
export type ForecastSubject = {
  readonly model: Forecaster;
  /** Transformed values [T], T the look-back; a model of one feature. */
  readonly window: Float32Array;
};
export type Subject = LanguageSubject | ForecastSubject;

/** Which parts a model has that can be looked into. */
export interface Anatomy {
  readonly attention?: { readonly layers: number; readonly heads: number };
  readonly recurrent?: { readonly kind: RecurrentKind; readonly layers: number; readonly hidden: number };
}

/** Longest input, steps: a pattern has its square of numbers for each head. */
export const mostSteps = 1024;

export function anatomyOf(model: Subject['model']): Anatomy {
  if (model instanceof GPT) return { attention: { layers: model.config.layers, heads: model.config.heads } };
  if (model instanceof Forecaster) {
    const { kind, layers, heads, hidden } = model.config;
    if (kind === 'transformer' || kind === 'encoder') return { attention: { layers, heads } };
    return kind === 'rnn' || kind === 'lstm' || kind === 'gru' ? { recurrent: { kind, layers, hidden } } : {};
  }
  const { kind, layers, width } = model.config;
  return { recurrent: { kind, layers, hidden: width } };
}

/** T of an input. */
export function stepsOf(subject: Subject): number {
  return 'ids' in subject ? subject.ids.length : subject.window.length;
}

/**
 * A text as a model is shown it: its last characters, as many as fit the context (and {@link mostSteps}).
 *
 * @throws LookbackError BAD_ARGUMENT for an empty text, DATA_INVALID naming a character the model has never seen
 */
export function readText(
  model: LanguageSubject['model'],
  tokenizer: Tokenizer,
  text: string,
): { subject: LanguageSubject; tokens: string[]; dropped: number } {
  if (text === '') {
    throw new LookbackError('BAD_ARGUMENT', {
      where: 'text',
      expected: 'at least one character',
      got: 'an empty text',
      next: 'Type something the model may go on from',
    });
  }
  const all = tokenizer.encode(text);
  const limit = model instanceof GPT ? Math.min(model.config.context, mostSteps) : mostSteps;
  const ids = all.slice(Math.max(0, all.length - limit));
  const tokens = Array.from(ids, (id) => tokenizer.decode([id]));
  return { subject: { model, ids }, tokens, dropped: all.length - ids.length };
}

/** Runs the model once, unrecorded, with a tap: logits [1, T, V], or the forecast [1, horizon, 1], handed to `read`. */
export function observe<T>(subject: Subject, tap: Tap | undefined, read: (output: Tensor) => T): T {
  return scope(() => inference(() => read(forward(subject, tap))));
}

/** The model's output for the subject's input, in the scope around. */
export function forward(subject: Subject, tap?: Tap): Tensor {
  if ('ids' in subject) return subject.model.forward(tensor(subject.ids, { shape: [1, subject.ids.length] }), { tap });
  return subject.model.forward(tensor(subject.window, { shape: [1, subject.window.length, 1] }), { tap });
}

/** @throws LookbackError INDEX_OUT_OF_RANGE unless `index` is one of `count` */
export function requireIndex(where: string, index: number, count: number): void {
  if (Number.isInteger(index) && index >= 0 && index < count) return;
  throw new LookbackError('INDEX_OUT_OF_RANGE', {
    where,
    expected: count > 0 ? `a whole number from 0 to ${count - 1}` : 'a model that has any',
    got: String(index),
  });
}
