/**
 * The training loop: draw, differentiate, step, evaluate, keep.
 *
 * It knows a model, batches and a clock; what a batch is, where runs are kept and what is printed come in as
 * a task and as hooks, so the same loop runs on a server and in a page. Everything a step depends on is
 * derived from the seed and the step number or kept in `TrainState`, so a resumed run is the same run.
 */
import type { ForwardOptions } from '../nn/index.ts';
import type { Optimizer, Schedule } from '../optim/index.ts';
import { Random } from '../random.ts';
import { scope, valueAndGrad } from '../tensor/index.ts';
import { nameNonFinite, nameNonFiniteGradient, nonFinite, nonFiniteParameter } from './nonFinite.ts';
import type { Batch, Evaluation, Trainable } from './trainable.ts';

export interface TrainSettings {
  steps: number;
  accumulate: number;
  evaluateEvery: number;
  checkpointEvery: number;
  earlyStopping: { patience: number } | null;
  snapshots: boolean;
  seed: number;
  /** The learning rate at a step, for the record; the optimizer has the same schedule. */
  rate: Schedule;
}

/** Everything beside tensors that the loop goes on from. Plain JSON. */
export interface TrainState {
  step: number;
  cursor: unknown;
  best: { step: number; score: number } | null;
  /** Evaluations since the best one. */
  waited: number;
}

export interface TrainHooks {
  /** Deterministic values of a step, then those that depend on the machine. */
  onStep?(step: number, values: Record<string, number>, machine: Record<string, number>): void;
  onEvaluation?(step: number, evaluation: Evaluation): void | Promise<void>;
  save?(kind: 'last' | 'best', state: TrainState): void;
  snapshot?(step: number): void;
}

export interface TrainResult {
  reason: 'finished' | 'stopped' | 'early';
  state: TrainState;
}

/** Steps at which a model-only snapshot is kept: 0, 1, 2, 3, 4, 6, 8, 11, 16, … (two an octave). */
export function isSnapshotStep(step: number): boolean {
  if (step < 3) return true;
  const octave = 31 - Math.clz32(step);
  const half = Math.round(2 ** octave * Math.SQRT2);
  return step === 2 ** octave || step === half;
}

/**
 * Trains until `settings.steps`, early stopping, or `signal`; saves at the end whatever the reason.
 *
 * @throws LookbackError NON_FINITE naming the step and the first module that went non-finite; nothing is
 *   saved over the last good checkpoint.
 */
export async function train<B extends Batch>(
  task: Trainable<B>,
  optimizer: Optimizer,
  settings: TrainSettings,
  { hooks = {}, from, signal }: { hooks?: TrainHooks; from?: TrainState; signal?: AbortSignal } = {},
): Promise<TrainResult> {
  const state: TrainState = from ?? { step: 0, cursor: task.cursor(), best: null, waited: 0 };
  if (from) task.moveTo(from.cursor);
  const save = (kind: 'last' | 'best') => hooks.save?.(kind, { ...state, cursor: task.cursor() });
  // Nothing that is kept holds a number that is not finite, so that it stays good to go on from.
  const assertFinite = () => {
    const name = nonFiniteParameter(task.model);
    if (name) throw nonFinite(state.step, 'update', name);
  };
  const evaluate = async () => {
    const { step } = state;
    task.model.eval();
    const averaged = optimizer.swapAverages();
    let evaluation: Evaluation;
    try {
      evaluation = scope(() => task.evaluate());
      if (!Number.isFinite(evaluation.score)) {
        throw nonFinite(step, 'evaluation', nameNonFinite(task, task.next(), {}));
      }
      await hooks.onEvaluation?.(step, evaluation);
    } finally {
      if (averaged) optimizer.swapAverages();
    }
    task.model.train();
    if (!state.best || evaluation.score < state.best.score) {
      state.best = { step, score: evaluation.score };
      state.waited = 0;
      save('best');
    } else {
      state.waited++;
    }
  };

  task.model.train();
  if (!from) {
    assertFinite();
    if (settings.snapshots) hooks.snapshot?.(0);
    await evaluate();
  }
  let reason: TrainResult['reason'] = 'finished';
  let lastPause = performance.now();
  let lastSaved = from ? from.step : -1;
  while (state.step < settings.steps) {
    if (signal?.aborted) {
      reason = 'stopped';
      break;
    }
    if (settings.earlyStopping && state.waited >= settings.earlyStopping.patience) {
      reason = 'early';
      break;
    }
    const start = performance.now();
    const { values, count } = trainStep(task, optimizer, settings, state.step);
    const seconds = (performance.now() - start) / 1000;
    state.step++;
    const { step } = state;
    hooks.onStep?.(step, values, machineValues(task, count, seconds));
    const last = step === settings.steps;
    const snapshotDue = settings.snapshots && (last || isSnapshotStep(step));
    const evaluationDue = last || step % settings.evaluateEvery === 0;
    const checkpointDue = step % settings.checkpointEvery === 0;
    if (snapshotDue || evaluationDue || checkpointDue) assertFinite();
    // The snapshot comes first: a checkpoint of this step, once kept, promises that the step is done.
    if (snapshotDue) hooks.snapshot?.(step);
    if (evaluationDue) await evaluate();
    if (checkpointDue) {
      save('last');
      lastSaved = step;
    }
    // Signals, timers and pages get their turn some twenty times a second.
    if (performance.now() - lastPause > 50) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      lastPause = performance.now();
    }
  }
  if (lastSaved !== state.step) {
    assertFinite();
    save('last');
  }
  task.model.eval();
  return { reason, state: { ...state, cursor: task.cursor() } };
}

function machineValues<B extends Batch>(task: Trainable<B>, count: number, seconds: number): Record<string, number> {
  const [first] = task.model.parameters();
  return {
    [`${task.unit}PerSecond`]: count / seconds,
    memoryBytes: first?.backend.memory().inUse ?? 0,
  };
}

/** One optimizer step from `accumulate` batches. */
function trainStep<B extends Batch>(
  task: Trainable<B>,
  optimizer: Optimizer,
  { accumulate, seed, rate }: TrainSettings,
  step: number,
): { values: Record<string, number>; count: number } {
  const parts = Array.from({ length: accumulate }, (_, part) => {
    const options: ForwardOptions = { random: new Random(seed, `dropout/${step}/${part}`) };
    return { batch: task.next(), options };
  });
  const count = parts.reduce((sum, { batch }) => sum + batch.count, 0);
  const values = { loss: 0, gradientNorm: 0, learningRate: rate(step) };
  scope(() => {
    for (const { batch, options } of parts) {
      const { value } = valueAndGrad(task.model, () => task.loss(batch, options));
      const loss = value.item();
      if (!Number.isFinite(loss)) throw nonFinite(step + 1, 'loss', nameNonFinite(task, batch, options));
      values.loss += (loss * batch.count) / count;
      if (accumulate > 1) optimizer.accumulate(batch.count / count);
    }
    optimizer.step({
      onNorm: (norm) => {
        values.gradientNorm = norm.item();
        if (Number.isFinite(values.gradientNorm)) return;
        throw nonFinite(step + 1, 'gradient norm', nameNonFiniteGradient(task, parts));
      },
    });
  });
  return { values, count };
}
