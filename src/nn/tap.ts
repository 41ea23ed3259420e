/**
 * Taps: looking at, and changing, what happens inside a model. A parameter of `forward`, not a second model.
 *
 * Names, with their shapes; a module inside another has that one's path in front (`blocks.3.attention.pattern`).
 *
 *   attention   query [B, H, T, D], key and value [B, G, T, D] (after rotary), pattern [B, H, Tq, Tk] (probabilities),
 *               mixed [B, T, H·D] (values mixed, before the output projection), output [B, T, C]
 *   mlp         hidden [B, T, M] (after the nonlinearity), output [B, T, C]
 *   block       attention.*, cross.*, mlp.*, output [B, T, C] (the residual stream)
 *   recurrent   KIND.L.gates (lstm [B, T, 4H] i f g o; gru [B, T, 3H] r z n), KIND.L.cells [B, T, H] (lstm), KIND.L.output
 *               [B, T, H]; gradient only: KIND.L.state, the whole gradient of the loss by h at each step [B, T, H], that
 *               through the later steps included. KIND is rnn, lstm or gru, L the layer. The reverse direction of a
 *               bidirectional lstm is lstm.L.reverse.*, in the order it reads (last step first).
 *   models      embedding [B, T, C], blocks.L.*, norm [B, T, C], logits [B, T, V] or forecast [B, horizon, targets]
 *   forecasters forecast [B, horizon, targets · P], P numbers of the head; seq2seq: encoder.gru.L.*, attention.H.pattern
 *               [B, T] at step H of the horizon, alignments [B, horizon, T] (seen, not replaced); tcn: blocks.L.output
 *               [B, T, C]; nbeats: blocks.L.forecast [B, horizon, P]; dlinear: trend [B, T]
 *
 * `gates` and `cells` come out of one fused kernel: they can be seen but not replaced.
 */

import { LookbackError } from '../errors.ts';
import type { Random } from '../random.ts';
import { tapGradient } from '../tensor/gradient.ts';
import { sameShape, show } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** See the file header for the names. */
export interface Tap {
  /** Which names are of interest; all by default. Attention computes its pattern only if that is. */
  wants?(name: string): boolean;
  /**
   * Sees an activation; a returned tensor of the same shape replaces it. The tensor is freed with the scope around:
   * read its numbers (`dataSync`) rather than keep it.
   */
  activation?(name: string, value: Tensor): Tensor | undefined;
  /** Sees the gradient of the loss by an activation, on the way back. */
  gradient?(name: string, gradient: Tensor): void;
}

/** What every `forward` takes besides its input. */
export interface ForwardOptions {
  tap?: Tap;
  /** For dropout in training; each dropout draws from the stream named by its own path below this one. */
  random?: Random;
  /** Where in the model we are, with a final dot; set by `within`. */
  path?: string;
}

/** The options for the part called `name`. */
export function within<Options extends ForwardOptions>(options: Options, name: string): Options {
  if (!options.tap && !options.random) return options;
  return { ...options, path: `${options.path ?? ''}${name}.` };
}

/** The tap's view of `name` here: undefined when nobody looks. */
export function tapFor({ tap, path = '' }: ForwardOptions, name: string): { tap: Tap; name: string } | undefined {
  if (!tap?.activation && !tap?.gradient) return undefined;
  const full = path + name;
  return tap.wants && !tap.wants(full) ? undefined : { tap, name: full };
}

/** Shows `value` to the tap under `name` and returns it, or what the tap puts in its place. */
export function tapped(options: ForwardOptions, name: string, value: Tensor): Tensor {
  if (!options.tap) return value;
  const seen = tapFor(options, name);
  if (!seen) return value;
  const { tap } = seen;
  const replaced = tap.activation?.(seen.name, value) ?? value;
  if (!sameShape(replaced.shape, value.shape) || replaced.dtype !== value.dtype) {
    throw new LookbackError('SHAPE_MISMATCH', {
      where: `tap ${seen.name}`,
      expected: `a replacement of ${value.dtype} ${show(value.shape)}`,
      got: `${replaced.dtype} ${show(replaced.shape)}`,
    });
  }
  if (!tap.gradient) return replaced;
  return tapGradient(replaced, (gradient) => {
    tap.gradient?.(seen.name, gradient);
    return undefined;
  });
}

/** Shows `value` to the tap, which cannot replace it (it has already been used inside a kernel). */
export function shown(options: ForwardOptions, name: string, value: Tensor): void {
  if (!options.tap) return;
  const seen = tapFor(options, name);
  if (seen?.tap.activation?.(seen.name, value)) {
    throw new LookbackError('BAD_ARGUMENT', {
      where: `tap ${seen.name}`,
      problem: 'this activation can be seen but not replaced, since a fused kernel has already used it',
      next: 'Replace the output instead',
    });
  }
}
