/** Embedding: a learned vector for each id. */
import type { Random } from '../random.ts';
import { embedding, type Parameter, type Tensor } from '../tensor/index.ts';
import { type Initialize, normal, parameter } from './initialize.ts';
import { Module } from './module.ts';

/** ids i32 [...] → rows of W [V, C]: [..., C]. */
export class Embedding extends Module {
  readonly weight: Parameter;

  /** The rows start normal with std 1, as in PyTorch. */
  constructor(
    vocabulary: number,
    width: number,
    { random, weight = normal(1) }: { random: Random; weight?: Initialize },
  ) {
    super();
    this.weight = parameter([vocabulary, width], weight, random.split('weight'));
  }

  /** @throws LookbackError DTYPE_MISMATCH unless ids are i32, INDEX_OUT_OF_RANGE for an id outside [0, V). */
  forward(ids: Tensor): Tensor {
    return embedding(this.weight, ids);
  }
}
