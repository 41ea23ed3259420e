/** Dropout: zeroes at random, in training only (Srivastava et al. 2014). */
import { LookbackError } from '../errors.ts';
import type { Tensor } from '../tensor/index.ts';
import { dropout } from '../tensor/ops/dropout.ts';
import { Module } from './module.ts';
import type { ForwardOptions } from './tap.ts';

/** x [...] → x · m / (1 - p), where m is 0 with probability p and 1 otherwise; x itself after `eval()`. */
export class Dropout extends Module {
  readonly p: number;

  /** @throws LookbackError BAD_ARGUMENT unless 0 ≤ p < 1. */
  constructor(p: number) {
    super();
    if (!(p >= 0 && p < 1)) {
      throw new LookbackError('BAD_ARGUMENT', { where: 'Dropout', expected: 'p from 0 to below 1', got: String(p) });
    }
    this.p = p;
  }

  /** Whether `forward` changes anything now. */
  get active(): boolean {
    return this.training && this.p > 0;
  }

  /** The mask depends on the key of `options.random` and the path in `options`, so a rerun gives the same one. */
  forward(x: Tensor, options: ForwardOptions = {}): Tensor {
    if (!this.active) return x;
    if (!options.random) {
      throw new LookbackError('BAD_ARGUMENT', {
        where: `dropout ${options.path ?? ''}`.trim(),
        problem: 'the model is in training mode and no random stream was given',
        next: 'Call model.eval(), or pass { random } with one stream a step',
      });
    }
    return dropout(x, this.p, { random: options.random.split(options.path ?? '') });
  }
}
