/**
 * How a Transformer knows order: learned or sinusoidal vectors added to the input, rotations of queries and keys, or a
 * slope on the scores (ALiBi, in attention.ts).
 * `offset` is the position of the first step, when earlier ones lie in a cache; `places` i32 [B, T] are the positions
 * themselves, where several documents share a row. Rotations and slopes see distances alone and need none.
 */
import { LookbackError } from '../errors.ts';
import { cos, pow, sin } from '../math.ts';
import type { Random } from '../random.ts';
import { add, embedding, type Parameter, slice, type Tensor, tensor } from '../tensor/index.ts';
import { widened } from '../tensor/ops/convert.ts';
import { rotary, rotaryTables } from '../tensor/ops/rotary.ts';
import { unscoped } from '../tensor/scope.ts';
import { show } from '../tensor/shape.ts';
import { type Initialize, normal, parameter } from './initialize.ts';
import { Module } from './module.ts';

export type PositionKind = 'none' | 'learned' | 'sinusoidal' | 'rotary' | 'alibi';

/** y = x + P[offset … offset + T): x [B, T, C], P [context, C] learned. */
export class LearnedPositions extends Module {
  readonly weight: Parameter;

  constructor(
    context: number,
    width: number,
    { random, weight = normal(0.02) }: { random: Random; weight?: Initialize },
  ) {
    super();
    this.weight = parameter([context, width], weight, random.split('weight'));
  }

  /** @throws LookbackError SHAPE_MISMATCH for steps beyond the context, INDEX_OUT_OF_RANGE for such a place. */
  forward(x: Tensor, offset = 0, places?: Tensor): Tensor {
    return add(x, places ? embedding(this.weight, places) : rowsOf(this.weight, x, offset));
  }
}

/** y = x + P: P[t, 2i] = sin(t / 10000^(2i/C)), P[t, 2i+1] = cos of the same (Vaswani et al. 2017). Any length. */
export class SinusoidalPositions extends Module {
  private readonly tables = new Growing((length) => [sinusoids(length, this.width)]);

  constructor(readonly width: number) {
    super();
  }

  /** @throws LookbackError INDEX_OUT_OF_RANGE for a place beyond the steps of x. */
  forward(x: Tensor, offset = 0, places?: Tensor): Tensor {
    const [table] = this.tables.upTo(offset + x.shape[1], x);
    return add(x, places ? embedding(table, places) : rowsOf(table, x, offset));
  }
}

/**
 * Turns pairs of channels of a query or key by t · base^(-2i/D), so that their product sees only the distance (Su et
 * al. 2021). Pairs are (i, i + D/2) as in GPT-NeoX and Hugging Face, or (2i, 2i + 1) when interleaved, as in Meta's Llama.
 */
export class Rotary {
  readonly base: number;
  readonly interleaved: boolean;
  private readonly tables = new Growing((length) => {
    const { cosine, sine } = rotaryTables(length, this.headWidth, { base: this.base });
    return [cosine, sine];
  });

  /** @throws LookbackError BAD_ARGUMENT for an odd head width. */
  constructor(
    readonly headWidth: number,
    { base = 10000, interleaved = false }: { base?: number; interleaved?: boolean } = {},
  ) {
    if (headWidth % 2 !== 0) {
      throw new LookbackError('BAD_ARGUMENT', {
        where: 'rotary positions',
        expected: 'an even number of channels a head',
        got: String(headWidth),
      });
    }
    this.base = base;
    this.interleaved = interleaved;
  }

  /** x [B, H, T, D] → the same shape, turned. */
  forward(x: Tensor, offset = 0): Tensor {
    const [cosine, sine] = this.tables.upTo(offset + x.shape[2], x);
    return rotary(x, { cosine, sine }, { interleaved: this.interleaved, position: offset });
  }
}

function rowsOf(table: Tensor, x: Tensor, offset: number): Tensor {
  const end = offset + x.shape[1];
  if (end > table.shape[0]) {
    throw new LookbackError('SHAPE_MISMATCH', {
      where: 'positions',
      expected: `at most ${table.shape[0]} steps`,
      got: `x ${show(x.shape)} from step ${offset}`,
      next: 'Shorten the input, or build the model with a longer context',
    });
  }
  return widened(slice(table, 0, offset, end));
}

/** Tables with one row a step that are made once and made again, longer, when needed. They belong to no scope. */
class Growing {
  private held: Tensor[] = [];

  constructor(private readonly make: (length: number) => Tensor[]) {}

  /** Tables of at least `length` rows on the backend of `like`. */
  upTo(length: number, like: Tensor): Tensor[] {
    const [first] = this.held;
    if (!first || first.shape[0] < length || first.backend !== like.backend) {
      for (const table of this.held) table.dispose();
      let rows = 64;
      while (rows < length) rows *= 2;
      this.held = unscoped(() => this.make(rows));
    }
    return this.held;
  }
}

function sinusoids(length: number, width: number): Tensor {
  const values = new Float64Array(length * width);
  for (let t = 0; t < length; t++) {
    for (let c = 0; c < width; c++) {
      const angle = t * pow(10000, -(c - (c % 2)) / width);
      values[t * width + c] = c % 2 === 0 ? sin(angle) : cos(angle);
    }
  }
  return tensor(values, { shape: [length, width] });
}
