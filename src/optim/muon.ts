/**
 * Muon: matrices move by their averaged gradient made orthogonal (Jordan et al. 2024), everything else by AdamW.
 *
 * The steps of the matrices have the size that AdamW's have (Liu et al. 2025, "Muon is scalable for LLM training"), so one
 * learning rate and one weight decay serve both.
 */
import { pow } from '../math.ts';
import { copyInto } from '../tensor/memory.ts';
import { add, divide, multiply } from '../tensor/ops/binary.ts';
import { matmul } from '../tensor/ops/matmul.ts';
import { sum } from '../tensor/ops/reduce.ts';
import { sqrt, square } from '../tensor/ops/unary.ts';
import { transpose } from '../tensor/ops/views.ts';
import { scope } from '../tensor/scope.ts';
import { inference } from '../tensor/tape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { type AdamOptions, adamwUpdate } from './adamw.ts';
import type { Arena } from './arena.ts';
import { rateAt, requireRange, type Transform } from './transform.ts';

export interface MuonOptions extends AdamOptions {
  /** Of the matrices' averaged gradient. */
  momentum?: number;
  /** Whether the step looks ahead along the average, as published. */
  nesterov?: boolean;
  decay?: number;
  /** Which parameters are matrices between hidden layers; by default those of two axes that no name says otherwise of. */
  select?: (name: string, shape: readonly number[]) => boolean;
}

/** Embeddings and what maps onto a vocabulary are tables of vectors, not maps between hidden layers. */
const tables = /embed|token|position|head|vocab/i;

function isHidden(name: string, shape: readonly number[]): boolean {
  return shape.length === 2 && Math.min(...shape) > 1 && !tables.test(name);
}

/** Coefficients of the quintic that drives singular values towards 1 (Jordan et al. 2024). */
const [a, b, c] = [3.4445, -4.775, 2.0315];

/** G [R, C] with its singular values brought near 1, by five Newton-Schulz steps: X = a X + b (X Xᵀ) X + c (X Xᵀ)² X. */
export function orthogonalized(g: Tensor): Tensor {
  const tall = g.shape[0] > g.shape[1];
  const wide = tall ? transpose(g) : g;
  let x = divide(wide, add(sqrt(sum(square(wide))), 1e-7));
  for (let i = 0; i < 5; i++) {
    const squared = matmul(x, transpose(x));
    const inner = add(multiply(squared, b), multiply(matmul(squared, squared), c));
    x = add(multiply(x, a), matmul(inner, x));
  }
  return tall ? transpose(x) : x;
}

/**
 * For a matrix p [R, C] with gradient g:
 *
 *   m = μ m + (1 - μ) g,  O = orthogonalized((1 - μ) g + μ m), without `nesterov` orthogonalized(m)
 *   p = p (1 - rate decay) - rate 0.2 √max(R, C) O
 *
 * and AdamW for the rest. Decay applies to the parameters that have it (`Parameter.decay`).
 *
 * @throws LookbackError BAD_ARGUMENT unless 0 ≤ β, μ < 1, ε ≥ 0 and decay ≥ 0.
 */
export function muon({
  rate,
  momentum = 0.95,
  nesterov = true,
  beta1 = 0.9,
  beta2 = 0.999,
  epsilon = 1e-8,
  decay = 0,
  select = isHidden,
}: MuonOptions): Transform {
  requireRange('muon', 'momentum', momentum, 0, 1);
  requireRange('muon', 'beta1', beta1, 0, 1);
  requireRange('muon', 'beta2', beta2, 0, 1);
  requireRange('muon', 'epsilon', epsilon, 0);
  requireRange('muon', 'decay', decay, 0);
  let first: Tensor | undefined;
  let second: Tensor | undefined;
  const dispose = () => {
    first?.dispose();
    second?.dispose();
  };
  /** The slices of one parameter in each block. */
  const slices = (arena: Arena, blocks: readonly Tensor[]) => {
    const maps = blocks.map((block) => arena.export(block));
    return [...maps[0]].map(([name]) => ({
      name,
      decays: arena.decays(name),
      parts: maps.map((map) => map.get(name) as Tensor),
    }));
  };
  return {
    name: 'muon',
    init(arena) {
      dispose();
      first = arena.zeros();
      second = arena.zeros();
    },
    update({ arena, gradients, step, scale }) {
      if (!first || !second) return;
      const blocks = [arena.values, first, second, gradients];
      const now = rateAt(rate, step);
      const corrections = { correction1: 1 - pow(beta1, step + 1), correction2: 1 - pow(beta2, step + 1) };
      inference(() =>
        scope(() => {
          for (const { name, decays, parts } of slices(arena, blocks)) {
            const [p, m, v, g] = parts;
            const own = decays ? decay : 0;
            if (!select(name, p.shape)) {
              const attributes = { rate: now, beta1, beta2, epsilon, decay: own, ...corrections };
              p.backend.run(adamwUpdate, [p, m, v, g, ...(scale ? [scale] : [])], [p, m, v], attributes);
              continue;
            }
            scope(() => {
              const share = multiply(scale ? multiply(g, scale) : g, 1 - momentum);
              copyInto(m, add(multiply(m, momentum), share));
              const direction = orthogonalized(nesterov ? add(share, multiply(m, momentum)) : m);
              const size = 0.2 * Math.sqrt(Math.max(...p.shape));
              copyInto(p, add(multiply(p, 1 - now * own), multiply(direction, -now * size)));
            });
          }
        }),
      );
    },
    state: () =>
      new Map(
        first && second
          ? [
              ['first', first],
              ['second', second],
            ]
          : [],
      ),
    dispose,
  };
}
