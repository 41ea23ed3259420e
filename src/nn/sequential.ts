/** Sequential: layers one after another. */
import type { Tensor } from '../tensor/index.ts';
import { Module } from './module.ts';
import { type ForwardOptions, tapped, within } from './tap.ts';

/** A module from one tensor to one tensor. */
export interface Layer extends Module {
  forward(x: Tensor, options?: ForwardOptions): Tensor;
}

/** x → fₙ(… f₁(x)). The tap sees the output of layer i as `layers.i.output`. */
export class Sequential extends Module {
  readonly layers: readonly Layer[];

  constructor(...layers: Layer[]) {
    super();
    this.layers = layers;
  }

  forward(x: Tensor, options: ForwardOptions = {}): Tensor {
    return this.layers.reduce((value, layer, i) => {
      const inside = within(options, `layers.${i}`);
      return tapped(inside, 'output', layer.forward(value, inside));
    }, x);
  }
}
