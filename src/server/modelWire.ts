/**
 * What the studio's model page and the server say to each other, beside `wire.ts`: types only.
 *
 *   GET  api/runs/:name/model               ModelDescription
 *   POST api/runs/:name/model/look          ModelInput -> ModelLook
 *   POST api/runs/:name/model/attention     ModelInput & { cells } -> u8 [layers, heads, cells, cells]
 *   POST api/runs/:name/model/head          ModelInput & { layer, head } -> f32 [T, T]
 *   POST api/runs/:name/model/activity      ModelInput & { layer, quantity } -> f32 [T, H]
 *   POST api/runs/:name/model/gradient      ModelInput & { position } -> ModelGradient
 *   POST api/runs/:name/model/next          ModelInput & SamplingSettings -> ModelDraw
 *
 * Arrays come as bytes, little endian, their shape in the header `x-shape` as `12,12,64,64`.
 */
import type { RecurrentKind } from '../nn/index.ts';

export interface ModelDescription {
  run: string;
  task: 'forecast' | 'language';
  kind: string;
  parameters: number;
  /** Moments of training whose weights are kept, ascending by step. */
  checkpoints: ModelCheckpoint[];
  attention?: { layers: number; heads: number };
  recurrent?: { kind: RecurrentKind; layers: number; hidden: number; quantities: string[] };
  /** Language: V, and how many characters are looked at at once; a longer text is cut in front. */
  vocabulary?: number;
  longest?: number;
  /** Language: a text to begin with. */
  suggestion?: string;
  /** Forecast: the series, the look-back, and the values known at the first and the last origin. */
  series?: { name: string; lookback: number; horizon: number; first: number; last: number };
}

export interface ModelCheckpoint {
  step: number;
  /** `final`: the weights that the run offers. */
  kinds: ('snapshot' | 'last' | 'best' | 'final')[];
}

/** A moment of training and what the model is shown: a text, or the window of a series before value `origin`. */
export interface ModelInput {
  step: number;
  text?: string;
  origin?: number;
}

export interface ModelToken {
  token: string;
  probability: number;
}

export interface ModelLook {
  /** One label a step: the characters, or the times of the window. */
  tokens: string[];
  /** Characters in front that the model is not shown. */
  dropped: number;
  predictions?: {
    /** Likeliest first. */
    top: ModelToken[];
    entropy: number;
    /** Surprise in nats; rank from 1. Absent after the last position. */
    next?: { token: string; probability: number; surprise: number; rank: number };
  }[];
  /** Original scale; the truth is null where it is not known. */
  forecast?: { window: number[]; forecast: (number | null)[]; truth: (number | null)[]; times: string[] };
}

export interface ModelGradient {
  /** Nats; of a forecaster the forecast on the transformed scale. */
  value: number | null;
  traces: { name: string; norms: (number | null)[] }[];
}

export interface SamplingSettings {
  /** 0 takes the likeliest. */
  temperature: number;
  topK?: number;
  topP?: number;
  seed: number;
}

export interface ModelDraw {
  /** The likeliest tokens before filtering, with what is left of them; 0 where filtered out. */
  candidates: (ModelToken & { after: number })[];
  /** How many of the V tokens may still be drawn. */
  kept: number;
  token: string;
  dropped: number;
}
