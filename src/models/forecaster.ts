/**
 * Forecaster: from a window of the past to the whole horizon at once (direct forecasting), by one of many networks.
 *
 * - rnn, lstm, gru: the last layer's hidden state after the window, then one linear map to all steps.
 * - tcn: dilated causal convolutions, read in the same way.
 * - transformer, encoder: blocks that see earlier steps only, or all steps.
 * - linear, nlinear: one linear map from the flattened window (Zeng et al. 2023); nlinear moves the window to its last value.
 * - dlinear, nbeats, patchtst, seq2seq: files of their names. seq2seq alone is fed its own forecasts.
 *
 * One network serves many series: `scaling` moves each window to a common level first and the forecast back, `series`
 * gives each series a learned vector. What is known beside the window comes in by role: at each step of it as further
 * features, of the horizon as `known`, at all times as `fixed`.
 */

import { LookbackError } from '../errors.ts';
import {
  Embedding,
  type ForwardOptions,
  Linear,
  Module,
  type PositionKind,
  type RecurrentState,
  tapped,
} from '../nn/index.ts';
import type { Random } from '../random.ts';
import { add, concat, expand, reshape, type Tensor } from '../tensor/index.ts';
import { show } from '../tensor/shape.ts';
import { DLinear } from './dlinear.ts';
import { ConvolutionBody, layersToSee, RecurrentBody, TransformerBody } from './forecasterBodies.ts';
import { ForecastHead, type ForecastLoss, usualLevels } from './forecastHead.ts';
import { NBeats } from './nbeats.ts';
import { PatchTST } from './patchTst.ts';
import { Seq2Seq } from './seq2seq.ts';
import { scaleWindow, type WindowScaling } from './windowScaling.ts';

export const forecasterKinds = [
  'rnn',
  'lstm',
  'gru',
  'seq2seq',
  'tcn',
  'nbeats',
  'patchtst',
  'transformer',
  'encoder',
  'linear',
  'nlinear',
  'dlinear',
] as const;
export type ForecasterKind = (typeof forecasterKinds)[number];

export interface ForecasterConfig {
  kind: ForecasterKind;
  /** Steps of the window. */
  lookback: number;
  /** Steps of the forecast. */
  horizon: number;
  /** Numbers at each step of the window: targets first, then covariates. */
  features?: number;
  /** Numbers at each step of the forecast; more than one for rnn, lstm, gru, tcn, transformer, encoder and linear. */
  targets?: number;
  /** Numbers known of each step of the horizon. */
  known?: number;
  /** Numbers known of a series. */
  fixed?: number;
  /** How many series have a learned vector, of `seriesWidth` numbers; 0 for none. */
  series?: number;
  seriesWidth?: number;
  /** What the numbers forecast mean. */
  loss?: ForecastLoss;
  /** Of quantiles; 0.5 is among them. */
  levels?: readonly number[];
  /** How windows are moved to a common level; by default `last` for nlinear, `instance` for patchtst, else `none`. */
  scaling?: WindowScaling;
  /** Steps of a season, for `season`. */
  period?: number;
  /** Channels; not for linear ones. */
  hidden?: number;
  /** 0 for tcn: as many as see the whole window. */
  layers?: number;
  /** For those with attention. */
  heads?: number;
  /** Of the MLP in blocks of patchtst. */
  mlpWidth?: number;
  /** Between recurrent layers, or in blocks. */
  dropout?: number;
  positions?: PositionKind;
  /** How recurrent matrices start. */
  recurrentWeight?: 'uniform' | 'orthogonal';
  /** Taps of a filter, for tcn. */
  kernel?: number;
  /** Steps of a patch and from one to the next, for patchtst. */
  patch?: number;
  stride?: number;
  /** For nbeats. */
  blocks?: number;
  stacks?: 'generic' | 'interpretable';
  /** Steps of dlinear's moving average. */
  average?: number;
}

export const forecasterDefaults = {
  features: 1,
  targets: 1,
  known: 0,
  fixed: 0,
  series: 0,
  seriesWidth: 4,
  loss: 'mse',
  levels: usualLevels,
  period: 1,
  hidden: 64,
  layers: 1,
  heads: 4,
  mlpWidth: 128,
  dropout: 0,
  positions: 'learned',
  recurrentWeight: 'uniform',
  kernel: 3,
  patch: 16,
  stride: 8,
  blocks: 3,
  stacks: 'generic',
  average: 25,
} as const satisfies Partial<ForecasterConfig>;

/** What is known beside the window. */
export interface ForecasterForwardOptions extends ForwardOptions {
  /** [B, H, known] */
  known?: Tensor;
  /** [B, fixed] */
  fixed?: Tensor;
  /** Which series each window is of, i32 [B]. */
  series?: Tensor;
}

/** Width of the hidden layer between what is known of a step and what it adds to the forecast. */
const effectWidth = 16;

export class Forecaster extends Module {
  readonly config: Required<ForecasterConfig>;
  /** Window [B, L, F] → summary [B, C]; absent for linear ones, whose summary is the window, and for whole networks. */
  readonly body: RecurrentBody | TransformerBody | ConvolutionBody | undefined;
  /** Summary → [B, H · targets · P]; absent for whole networks. */
  readonly head: Linear | undefined;
  /** Window → [B, H, P] or [B, H · P]. */
  readonly network: DLinear | NBeats | PatchTST | Seq2Seq | undefined;
  readonly embedding: Embedding | undefined;
  /** What is known of a step adds to its forecast by a small network, the same for all steps: relu, then a linear map. */
  readonly effects: readonly Linear[];
  readonly output: ForecastHead;

  /** @throws LookbackError BAD_ARGUMENT for several targets or a season where the network takes none. */
  constructor(given: ForecasterConfig, { random }: { random: Random }) {
    super();
    const { kind, lookback, horizon, features = 1, targets = 1 } = given;
    const usual = kind === 'nlinear' ? 'last' : kind === 'patchtst' ? 'instance' : 'none';
    const config: Required<ForecasterConfig> = { scaling: usual, ...forecasterDefaults, ...given };
    if (kind === 'tcn' && config.layers === 0) config.layers = layersToSee(lookback, config.kernel);
    this.config = config;
    const whole =
      kind === 'nlinear' || kind === 'dlinear' || kind === 'nbeats' || kind === 'patchtst' || kind === 'seq2seq';
    if (targets > 1 && (whole || config.scaling !== 'none')) {
      throw invalid(
        'targets',
        `1 for ${kind} with scaling ${config.scaling}: train one network over several series`,
        targets,
      );
    }
    if (config.scaling === 'season' && !(config.period > 1 && config.period <= lookback)) {
      throw invalid('period', `2 to ${lookback} (the look-back) with scaling season`, config.period);
    }
    this.output = new ForecastHead(config.loss, config.levels);
    this.embedding =
      config.series > 0
        ? new Embedding(config.series, config.seriesWidth, { random: random.split('embedding') })
        : undefined;
    const fixed = config.fixed + (this.embedding ? config.seriesWidth : 0);
    // Networks that flatten the window would see the same numbers L times over; they have the effects alone.
    const channels = features + (this.stepwise ? fixed : 0);
    const outputs = targets * this.output.outputs;
    const inside = random.split('body');
    switch (kind) {
      case 'rnn':
      case 'lstm':
      case 'gru':
        this.body = new RecurrentBody(kind, channels, config, inside);
        break;
      case 'tcn':
        this.body = new ConvolutionBody(channels, config, inside);
        break;
      case 'transformer':
      case 'encoder':
        this.body = new TransformerBody(kind === 'transformer', channels, config, inside);
        break;
      case 'linear':
      case 'nlinear':
        break;
      case 'dlinear':
        this.network = new DLinear({ ...config, outputs: horizon * outputs }, { random: random.split('network') });
        break;
      case 'nbeats':
        this.network = new NBeats({ ...config, outputs }, { random: random.split('network') });
        break;
      case 'patchtst':
        this.network = new PatchTST(
          { ...config, features: channels, outputs: horizon * outputs },
          { random: random.split('network') },
        );
        break;
      case 'seq2seq':
        this.network = new Seq2Seq({ ...config, features: channels, outputs }, { random: random.split('network') });
        break;
      default:
        kind satisfies never;
    }
    if (!this.network) {
      const width = this.body ? config.hidden : lookback * features;
      this.head = new Linear(width, horizon * outputs, { random: random.split('head') });
    }
    const effects = config.known + fixed;
    const stream = random.split('effects');
    this.effects =
      effects > 0
        ? [
            new Linear(effects, effectWidth, { activation: 'relu', random: stream.split('0') }),
            new Linear(effectWidth, outputs, { random: stream.split('1') }),
          ]
        : [];
  }

  /** Whether the network reads the window step by step. */
  private get stepwise(): boolean {
    const { kind } = this.config;
    return !(kind === 'linear' || kind === 'nlinear' || kind === 'dlinear' || kind === 'nbeats');
  }

  /**
   * x [B, lookback, features] → [B, horizon, targets · P], where P is the head's: 1 for a number, one a quantile, 2 for
   * mean and deviation, 3 for location, scale and degrees of freedom.
   *
   * @throws LookbackError SHAPE_MISMATCH for a window of another shape, BAD_ARGUMENT where `known`, `fixed` or `series`
   *   is missing.
   */
  forward(x: Tensor, options: ForecasterForwardOptions = {}): Tensor {
    const { lookback, features, horizon, targets, scaling, period } = this.config;
    if (x.rank !== 3 || x.shape[1] !== lookback || x.shape[2] !== features) {
      throw new LookbackError('SHAPE_MISMATCH', {
        where: 'Forecaster',
        expected: `windows [B, ${lookback}, ${features}]`,
        got: show(x.shape),
      });
    }
    const B = x.shape[0];
    const moved = scaleWindow(x, scaling, { horizon, period });
    const fixed = this.fixedOf(options);
    const beside =
      fixed && this.stepwise
        ? expand(reshape(fixed, [B, 1, fixed.shape[1]]), [B, lookback, fixed.shape[1]])
        : undefined;
    const window = beside ? concat([moved.x, beside], 2) : moved.x;
    const P = this.output.outputs;
    let raw = reshape(this.run(window, options), [B, horizon, targets, P]);
    const added = this.effectOf(B, options.known, fixed);
    if (added) raw = add(raw, added);
    const parameters = this.output.parameters(raw, moved.back);
    return tapped(options, 'forecast', reshape(parameters, [B, horizon, targets * P]));
  }

  /**
   * Further steps x [B, T, features] of a recurrent network from where it stands (a fresh start without `state`): the
   * forecast after them, as `forward` gives it, and where the network stands then. A window of T = lookback from a fresh
   * start gives what `forward` gives.
   *
   * @throws LookbackError BAD_ARGUMENT for a network that needs its window whole.
   */
  advance(x: Tensor, state?: readonly RecurrentState[]): { forecast: Tensor; state: RecurrentState[] } {
    const { body, head } = this;
    const { kind, scaling, horizon, targets } = this.config;
    if (!(body instanceof RecurrentBody && head) || scaling !== 'none' || this.effects.length > 0) {
      const got = `${kind} with scaling ${scaling}${this.effects.length > 0 ? ' and covariates' : ''}`;
      throw invalid('stream', 'rnn, lstm or gru on windows as they are', got);
    }
    const after = body.run(x, { state });
    const raw = reshape(head.forward(after.summary), [x.shape[0], horizon, targets, this.output.outputs]);
    const parameters = this.output.parameters(raw);
    return { forecast: reshape(parameters, [x.shape[0], horizon, targets * this.output.outputs]), state: after.state };
  }

  /** The head's loss against y [B, horizon, targets]; over the steps where `counted` [B, horizon, targets] is 1. */
  loss(x: Tensor, y: Tensor, options: ForecasterForwardOptions & { counted?: Tensor } = {}): Tensor {
    const { horizon, targets } = this.config;
    const parameters = reshape(this.forward(x, options), [x.shape[0], horizon, targets, this.output.outputs]);
    return this.output.score(parameters, y, options.counted);
  }

  /** [B, …] with H · targets · P numbers a row. */
  private run(window: Tensor, options: ForecasterForwardOptions): Tensor {
    const { network, head, body } = this;
    if (network instanceof Seq2Seq) return network.forward(window, options.known, options);
    if (network) return network.forward(window, options);
    const B = window.shape[0];
    const summary = body ? body.forward(window, options) : reshape(window, [B, window.shape[1] * window.shape[2]]);
    return (head as Linear).forward(summary);
  }

  /** Static numbers and the learned vector, [B, S]. */
  private fixedOf({ fixed, series }: ForecasterForwardOptions): Tensor | undefined {
    if (this.config.fixed > 0 && !fixed) throw missing('fixed');
    if (!this.embedding) return this.config.fixed > 0 ? fixed : undefined;
    if (!series) throw missing('series');
    const learned = this.embedding.forward(series);
    return fixed && this.config.fixed > 0 ? concat([fixed, learned], 1) : learned;
  }

  /** [B, H or 1, targets, P] */
  private effectOf(B: number, known: Tensor | undefined, fixed: Tensor | undefined): Tensor | undefined {
    const { targets, horizon, known: count } = this.config;
    if (count > 0 && !known) throw missing('known');
    if (this.effects.length === 0) return undefined;
    const steps = count > 0 ? horizon : 1;
    const parts = count > 0 && known ? [known] : [];
    if (fixed) parts.push(expand(reshape(fixed, [B, 1, fixed.shape[1]]), [B, steps, fixed.shape[1]]));
    let h = parts.length === 1 ? parts[0] : concat(parts, 2);
    for (const layer of this.effects) h = layer.forward(h);
    return reshape(h, [B, steps, targets, this.output.outputs]);
  }
}

const invalid = (where: string, expected: string, got: unknown) =>
  new LookbackError('BAD_ARGUMENT', { where: `Forecaster ${where}`, expected, got: String(got) });

const missing = (what: string) =>
  new LookbackError('BAD_ARGUMENT', {
    where: 'Forecaster',
    problem: `the network was made for ${what}, and none was given`,
    next: `Pass forward(x, { ${what} })`,
  });
