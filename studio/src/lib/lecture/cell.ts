/**
 * A recurrent cell that learns to remember, and what it did on one sequence: the first input is +1 or -1, then comes
 * noise, and at the end the cell must say what the first one was.
 */
import { GRU, Linear, LSTM, Module, RNN } from '../../../../src/nn/index.ts';
import { adam, chain, clipByGlobalNorm, createOptimizer } from '../../../../src/optim/index.ts';
import { Random } from '../../../../src/random.ts';
import { meanSquaredError, scope, type Tensor, tensor, valueAndGrad } from '../../../../src/tensor/index.ts';
import type { CellKind, CellTrace } from './protocol.ts';

export const [T, H] = [16, 6];
const B = 32;
const kinds = { rnn: RNN, lstm: LSTM, gru: GRU };

class Rememberer extends Module {
  readonly cell: RNN | LSTM | GRU;
  readonly readout = new Linear(H, 1, { random: new Random(2, 'readout') });

  constructor(readonly kind: CellKind) {
    super();
    this.cell = new kinds[kind](1, H, { random: new Random(1, kind) });
  }
}

interface Batch {
  x: Float32Array;
  first: Float32Array;
}

function draw(random: Random, rows: number): Batch {
  const x = random.fillNormal(new Float32Array(rows * T), 0, 0.3);
  const first = Float32Array.from({ length: rows }, () => (random.uniform() < 0.5 ? -1 : 1));
  first.forEach((value, row) => {
    x[row * T] = value;
  });
  return { x, first };
}

/** Trains for `steps` steps and tells about every `every`th; `pause` lets others have their turn. */
export async function trainCell(
  kind: CellKind,
  { steps, every }: { steps: number; every: number },
  tell: (trace: CellTrace, done: boolean) => void,
  pause: () => Promise<void>,
): Promise<void> {
  const model = new Rememberer(kind);
  const optimizer = createOptimizer(chain(clipByGlobalNorm(1), adam({ rate: 8e-3 })), model);
  const random = new Random(3, 'batches');
  const shown = draw(new Random(5, 'shown'), 1);
  for (let step = 0; step <= steps; step++) {
    const loss = scope(() => {
      const { x, first } = draw(random, B);
      const { value } = valueAndGrad(model, () => {
        const { state } = model.cell.forward(tensor(x, { shape: [B, T, 1] }));
        return meanSquaredError(model.readout.forward(state[0].hidden), tensor(first, { shape: [B, 1] }));
      });
      if (step > 0) optimizer.step();
      return value.item();
    });
    if (step % every === 0 || step === steps) {
      tell({ step, loss, ...look(model, shown) }, step === steps);
      await pause();
    }
  }
  optimizer.dispose();
}

function look(model: Rememberer, { x, first }: Batch): Omit<CellTrace, 'step' | 'loss'> {
  const seen: Record<string, number[][]> = {};
  let gradient: number[] = [];
  const y = scope(() => {
    let said: number[] = [];
    const tap = {
      activation: (name: string, value: Tensor) => {
        seen[name.split('.').at(-1) ?? ''] = steps(value);
        return undefined;
      },
      gradient: (name: string, value: Tensor) => {
        if (name.endsWith('state')) gradient = steps(value).map((row) => Math.hypot(...row));
      },
    };
    valueAndGrad(model, () => {
      const { output, state } = model.cell.forward(tensor(x, { shape: [1, T, 1] }), { tap });
      said = [...model.readout.forward(output).dataSync()];
      return meanSquaredError(model.readout.forward(state[0].hidden), tensor(first, { shape: [1, 1] }));
    });
    return said;
  });
  const { gates = [], cells = [], output = [] } = seen;
  return { x: [...x], y, target: first[0], gates, cells, hidden: output, gradient };
}

/** [1, T, N] as T rows. */
function steps(value: Tensor): number[][] {
  const width = value.shape[2];
  const flat = value.dataSync();
  return Array.from({ length: value.shape[1] }, (_, t) => [...flat.slice(t * width, (t + 1) * width)]);
}
