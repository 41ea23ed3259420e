/**
 * A few GPUs as their makers' data sheets give them. Prices are assumptions, not quotes: round figures for an hour on
 * demand, set down on the day named; replace them with what you pay.
 */
import { LookbackError, nearest } from '../errors.ts';

export interface Gpu {
  name: string;
  /** In the maker's GB, taken as 10⁹ bytes; what a driver reports may be a little more. */
  memoryGB: number;
  /** Dense bf16 matrix products with fp32 sums, FLOP/s. Sparse figures, twice as high, are not used. */
  flops: number;
  /** Board or thermal design power. */
  watts: number;
  /** Assumed US dollars an hour. */
  dollarsPerHour: number;
  source: string;
}

/** The day the prices were assumed. */
export const pricesAssumedOn = '2026-11-22';

/** By the names `--gpu` takes. */
export const gpus = {
  h100: {
    name: 'H100 80GB SXM',
    memoryGB: 80,
    flops: 989.4e12,
    watts: 700,
    dollarsPerHour: 2.5,
    source: 'NVIDIA H100 data sheet and Hopper architecture white paper',
  },
  h200: {
    name: 'H200 141GB SXM',
    memoryGB: 141,
    flops: 989.4e12,
    watts: 700,
    dollarsPerHour: 3,
    source: 'NVIDIA H200 data sheet',
  },
  b200: {
    name: 'B200 180GB',
    memoryGB: 180,
    flops: 2250e12,
    watts: 1000,
    dollarsPerHour: 4.5,
    source: 'NVIDIA HGX B200 data sheet, an eighth of the board',
  },
  a100: {
    name: 'A100 80GB SXM',
    memoryGB: 80,
    flops: 312e12,
    watts: 400,
    dollarsPerHour: 1.5,
    source: 'NVIDIA A100 data sheet',
  },
  l40s: {
    name: 'L40S 48GB',
    memoryGB: 48,
    flops: 362.05e12,
    watts: 350,
    dollarsPerHour: 1,
    source: 'NVIDIA L40S data sheet',
  },
  rtx4090: {
    name: 'RTX 4090 24GB',
    memoryGB: 24,
    flops: 165.2e12,
    watts: 450,
    dollarsPerHour: 0.4,
    source: 'NVIDIA Ada architecture white paper',
  },
  mi300x: {
    name: 'MI300X 192GB',
    memoryGB: 192,
    flops: 1307.4e12,
    watts: 750,
    dollarsPerHour: 2.5,
    source: 'AMD Instinct MI300X data sheet',
  },
} as const satisfies Record<string, Gpu>;

export type GpuName = keyof typeof gpus;

/** Finds `H100`, `h100 80gb` or `RTX 4090`. @throws LookbackError USAGE naming the nearest */
export function findGpu(text: string, where = 'gpu'): Gpu {
  const word = text.toLowerCase().replace(/nvidia|geforce|amd|sxm|[\s_-]/g, '');
  const names = Object.keys(gpus) as GpuName[];
  const found = names.find((name) => {
    const { memoryGB } = gpus[name];
    return word === name || word === `${name}${memoryGB}gb` || word === `${name}${memoryGB}`;
  });
  if (found) return gpus[found];
  const near = nearest(word, names);
  throw new LookbackError('USAGE', {
    where,
    expected: names.join(', '),
    got: text,
    ...(near === undefined ? {} : { next: `Did you mean ${near}?` }),
  });
}
