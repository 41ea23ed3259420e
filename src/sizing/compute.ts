/**
 * What training costs: FLOP, GPU-hours, energy and money, and the other way round, what a power station trains in a
 * month. All of it is an estimate: 6·N·D leaves attention's T² part out, and utilisation and overhead are assumptions.
 */
import { LookbackError } from '../errors.ts';
import type { Gpu } from './gpus.ts';

export interface ComputeAssumptions {
  /**
   * Share of the peak a training run reaches. 0.4 is about what Llama 3 405B reports in bf16: 0.38 to 0.43 (Grattafiori et
   * al. 2024, arXiv 2407.21783, table 4).
   */
  utilisation?: number;
  /**
   * Power drawn for each watt of GPU: processors, network, cooling. An eight-GPU DGX H100 draws up to 10.2 kW for
   * 5.6 kW of GPUs, 1.8 times (NVIDIA's data sheet), but rarely its maximum; 1.5 is a round figure between.
   */
  overhead?: number;
}

export const computeDefaults = { utilisation: 0.4, overhead: 1.5 } as const satisfies Required<ComputeAssumptions>;

/**
 * 6·N·D floating-point operations: 2 forward and 4 backward for each parameter and token (Kaplan et al. 2020, section 2.1;
 * Hoffmann et al. 2022). For a mixture of experts N is the active parameters.
 */
export function trainingFlops(parameters: number, tokens: number): number {
  requirePositive('parameters', parameters);
  requirePositive('tokens', tokens);
  return 6 * parameters * tokens;
}

/** FLOP ÷ (peak FLOP/s × utilisation) ÷ 3600. */
export function gpuHours(
  flops: number,
  gpu: Pick<Gpu, 'flops'>,
  { utilisation = computeDefaults.utilisation }: Pick<ComputeAssumptions, 'utilisation'> = {},
): number {
  requirePositive('utilisation', utilisation);
  return flops / (gpu.flops * utilisation) / 3600;
}

/** GPU-hours × watts × overhead, in MWh. */
export function megawattHours(
  hours: number,
  gpu: Pick<Gpu, 'watts'>,
  { overhead = computeDefaults.overhead }: Pick<ComputeAssumptions, 'overhead'> = {},
): number {
  requirePositive('overhead', overhead);
  return (hours * gpu.watts * overhead) / 1e6;
}

export interface PowerForecast {
  /** GPUs the power feeds. */
  gpus: number;
  gpuHours: number;
  megawattHours: number;
  flops: number;
  /** The largest model of that compute at 20 tokens a parameter, N = √(C / 120), D = 20·N. */
  parameters: number;
  tokens: number;
}

/**
 * What `megawatts` train in `days`: 835 MW for 30 days by default, the output of the Crane Clean Energy Center, Three
 * Mile Island's unit 1, bought whole for data centres (Constellation, 20 September 2024). N and D follow Chinchilla's rule
 * of about 20 tokens a parameter (Hoffmann et al. 2022, arXiv 2203.15556, table 3).
 */
export function trainedByPower(
  gpu: Pick<Gpu, 'watts' | 'flops'>,
  { megawatts = 835, days = 30, ...assumptions }: { megawatts?: number; days?: number } & ComputeAssumptions = {},
): PowerForecast {
  const { utilisation = computeDefaults.utilisation, overhead = computeDefaults.overhead } = assumptions;
  for (const [name, value] of Object.entries({ megawatts, days, utilisation, overhead })) requirePositive(name, value);
  const count = Math.floor((megawatts * 1e6) / (gpu.watts * overhead));
  const hours = count * 24 * days;
  const flops = hours * 3600 * gpu.flops * utilisation;
  const parameters = Math.sqrt(flops / 120);
  return {
    gpus: count,
    gpuHours: hours,
    megawattHours: megawattHours(hours, gpu, { overhead }),
    flops,
    parameters,
    tokens: 20 * parameters,
  };
}

function requirePositive(where: string, value: number): void {
  if (value > 0 && Number.isFinite(value)) return;
  throw new LookbackError('BAD_ARGUMENT', { where, expected: 'a number above 0', got: String(value) });
}
