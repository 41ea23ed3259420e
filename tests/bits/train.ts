/**
 * Twenty training steps of a small LSTM and a small GPT, and the SHA-256 of all their parameters: what must be the
 * same bits on every backend that fuses multiply-add. Runs in Node and in a browser's worker.
 */
import {
  adamw,
  type BackendChoice,
  chain,
  clipByGlobalNorm,
  createBackend,
  createOptimizer,
  Forecaster,
  GPT,
  type Module,
  meanSquaredError,
  Random,
  scope,
  setBackend,
  type Tensor,
  tensor,
  valueAndGrad,
  warmupCosine,
} from '../../src/index.ts';

export interface Trained {
  backend: string;
  threads: number;
  lstm: string;
  gpt: string;
  /** All parameters of both, for comparisons to tolerance where bits differ. */
  values: number[];
}

const steps = 20;

/** Trains both models on a backend of their own and hashes what came out. */
export async function trainAndHash(choice: BackendChoice, threads: number): Promise<Trained> {
  const backend = await createBackend({ backend: choice, threads });
  const before = setBackend(backend);
  try {
    const lstm = trainForecaster();
    const gpt = trainGpt();
    const values = [...flat(lstm), ...flat(gpt)];
    return { backend: backend.name, threads: backend.threads, lstm: await hash(lstm), gpt: await hash(gpt), values };
  } finally {
    setBackend(before);
  }
}

function trainForecaster(): Module {
  const random = new Random(1, 'data');
  const config = { kind: 'lstm', lookback: 24, horizon: 12, hidden: 37, layers: 2 } as const;
  const model = new Forecaster(config, { random: new Random(1, 'lstm') });
  return run(model, () => {
    const x = tensor(random.fillNormal(new Float32Array(9 * 24)), { shape: [9, 24, 1] });
    const y = tensor(random.fillNormal(new Float32Array(9 * 12)), { shape: [9, 12, 1] });
    return () => meanSquaredError(model.forward(x, {}), y);
  });
}

function trainGpt(): Module {
  const random = new Random(2, 'data');
  const sizes = { vocabulary: 61, context: 48, layers: 2, heads: 4, kvHeads: 2, width: 64 };
  const model = new GPT({ ...sizes, dropout: 0.1, positions: 'rotary' }, { random: new Random(2, 'gpt') });
  return run(model, (step) => {
    const ids = () =>
      tensor(
        Int32Array.from({ length: 5 * 48 }, () => random.integer(61)),
        { shape: [5, 48] },
      );
    const x = ids();
    const y = ids();
    return () => model.loss(x, y, { random: new Random(2, `dropout/${step}`) });
  });
}

function run(model: Module, prepare: (step: number) => () => Tensor): Module {
  const rate = warmupCosine({ peak: 3e-3, warmup: 4, steps, floor: 1e-4 });
  const optimizer = createOptimizer(chain(clipByGlobalNorm(1), adamw({ rate, decay: 0.1 })), model);
  for (let step = 0; step < steps; step++) {
    scope(() => {
      valueAndGrad(model, prepare(step));
      optimizer.step();
    });
  }
  return model;
}

function flat(model: Module): number[] {
  return [...model.stateDict().values()].flatMap(({ data }) => Array.from(data));
}

async function hash(model: Module): Promise<string> {
  const bytes = new Float32Array(flat(model));
  const digest = await crypto.subtle.digest('SHA-256', bytes);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
