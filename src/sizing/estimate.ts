/**
 * Everything about one model at once, for the command line and the page: what it weighs, serves on and costs to train.
 * Exact: parameters, weights, cache, optimizer state. Estimates: activations, GPU counts, hours, energy and money.
 */
import { LookbackError } from '../errors.ts';
import { servingActivationBytes, trainingActivationBytes } from './activations.ts';
import { type ComputeAssumptions, computeDefaults, gpuHours, megawattHours, trainingFlops } from './compute.ts';
import { type Gpu, gpus } from './gpus.ts';
import { cacheBytes, cacheBytesPerToken, gpusFor, type Quantity, trainingStateBytes, weightBytes } from './memory.ts';
import { countParameters, type ParameterCount } from './parameters.ts';
import { type Precision, precisions } from './precision.ts';
import { attentionName, type Shape } from './shape.ts';

export interface EstimateOptions extends ComputeAssumptions {
  /** Tokens a sequence; by default what the model was made for, at most 32,768. */
  context?: number;
  batch?: number;
  /** Of the weights. */
  precision?: Precision;
  cachePrecision?: Precision;
  gpu?: Gpu;
  dollarsPerHour?: number;
  /** Share of a GPU's memory that may be filled. */
  usable?: number;
  /** Tokens to train on; without it there is no training cost. */
  tokens?: number;
  /** GPUs to train on, for the days it takes. */
  trainingGpus?: number;
}

export interface Estimate {
  name: string;
  parameters: number;
  /** Parameters that see one token. */
  active: number;
  /** Null for a bare count of parameters. */
  shape: Shape | null;
  parts: ParameterCount | null;
  attention: string | null;
  context: number;
  batch: number;
  precision: Precision;
  cachePrecision: Precision;
  weights: Record<Precision, Quantity>;
  cachePerToken: number | null;
  cache: Quantity | null;
  serving: { activations: Quantity | null; bytes: number; gpus: number; dollarsPerHour: number };
  training: {
    state: Quantity;
    activations: Quantity | null;
    bytes: number;
    gpus: number;
    cost: {
      tokens: number;
      flops: number;
      gpuHours: number;
      days: number | null;
      megawattHours: number;
      dollars: number;
    } | null;
  };
  assumptions: { gpu: Gpu; dollarsPerHour: number; usable: number; utilisation: number; overhead: number };
}

/**
 * Works a model out. A bare count of parameters has weights, optimizer state and training cost, but no cache and no
 * activations, which need a shape.
 *
 * @throws LookbackError BAD_ARGUMENT for counts and shares out of range
 */
export function estimate(
  model: Shape | number,
  {
    context = typeof model === 'number' ? 1 : Math.min(model.context, 32_768),
    batch = 1,
    precision = 'bf16',
    cachePrecision = 'bf16',
    gpu = gpus.h100,
    dollarsPerHour = gpu.dollarsPerHour,
    usable = 0.9,
    utilisation = computeDefaults.utilisation,
    overhead = computeDefaults.overhead,
    tokens,
    trainingGpus,
  }: EstimateOptions = {},
): Estimate {
  const shape = typeof model === 'number' ? null : model;
  const parts = shape && countParameters(shape);
  const parameters = typeof model === 'number' ? model : countParameters(model).total;
  if (!(parameters >= 1 && Number.isFinite(parameters))) {
    throw new LookbackError('BAD_ARGUMENT', { where: 'parameters', expected: '1 or more', got: String(parameters) });
  }
  const active = parts?.active ?? parameters;
  const memory = gpu.memoryGB * 1e9;
  const weights = Object.fromEntries(precisions.map((each) => [each, weightBytes(parameters, each)])) as Record<
    Precision,
    Quantity
  >;
  const cache = shape && cacheBytes(shape, { context, batch, precision: cachePrecision });
  const serving = shape && servingActivationBytes(shape, { context, batch });
  const servingBytes = weights[precision].bytes + (cache?.bytes ?? 0) + (serving?.bytes ?? 0);
  const servingGpus = gpusFor(servingBytes, { memory, usable });
  const state = trainingStateBytes(parameters);
  const activations = shape && trainingActivationBytes(shape, { context, batch });
  const trainingBytes = state.bytes + (activations?.bytes ?? 0);

  let cost: Estimate['training']['cost'] = null;
  if (tokens !== undefined) {
    const flops = trainingFlops(active, tokens);
    const hours = gpuHours(flops, gpu, { utilisation });
    cost = {
      tokens,
      flops,
      gpuHours: hours,
      days: trainingGpus === undefined ? null : hours / trainingGpus / 24,
      megawattHours: megawattHours(hours, gpu, { overhead }),
      dollars: hours * dollarsPerHour,
    };
  }
  return {
    name: shape?.name ?? 'parameters',
    parameters,
    active,
    shape,
    parts,
    attention: shape && attentionName(shape),
    context,
    batch,
    precision,
    cachePrecision,
    weights,
    cachePerToken: shape && cacheBytesPerToken(shape, cachePrecision),
    cache,
    serving: {
      activations: serving,
      bytes: servingBytes,
      gpus: servingGpus,
      dollarsPerHour: servingGpus * dollarsPerHour,
    },
    training: { state, activations, bytes: trainingBytes, gpus: gpusFor(trainingBytes, { memory, usable }), cost },
    assumptions: { gpu, dollarsPerHour, usable, utilisation, overhead },
  };
}
