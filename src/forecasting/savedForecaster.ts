/**
 * A forecaster as bytes and back: numbers as tensors of a safetensors file, the rest as JSON in its header. What does not
 * fit together is refused before any of it is used.
 */
import { LookbackError } from '../errors.ts';
import { loadSafetensors, readSafetensors, type TensorEntry, writeSafetensors } from '../track/safetensors.ts';
import type { Fold } from './backtest.ts';
import type { Group, Vintages } from './covariates.ts';
import type { ForecasterParts } from './forecaster.ts';
import { Frame, type FrameParts } from './frame.ts';
import type { HolidayCalendar } from './holidays.ts';
import type { FitContext, ModelState } from './model.ts';

const version = 1;

type Numbers = Float64Array | Float32Array;

export interface SavedForecaster extends Pick<ForecasterParts, 'folds' | 'leaderboard' | 'level' | 'interval'> {
  readonly model: string;
  readonly state: ModelState | undefined;
  readonly context: FitContext;
  readonly frameParts: FrameParts;
  readonly frame: (holidays: HolidayCalendar | undefined) => Frame;
}

/** @throws UNSUPPORTED for a model that was trained but cannot be saved */
export function writeSaved({
  model,
  fitted,
  frame,
  context,
  folds,
  leaderboard,
  level,
  interval,
}: ForecasterParts): Uint8Array {
  if (model.trained && !fitted.state) {
    throw new LookbackError('UNSUPPORTED', {
      where: 'save',
      problem: `${model.name} cannot be saved`,
      next: 'Choose another model',
    });
  }
  const tensors = new Map<string, TensorEntry>();
  const put = (name: string, data: Numbers) =>
    tensors.set(
      name,
      data instanceof Float64Array
        ? { dtype: 'F64', shape: [data.length], data }
        : { dtype: 'F32', shape: [data.length], data },
    );
  const state = fitted.state?.();
  for (const [name, values] of Object.entries(state?.numbers ?? {})) put(`model/${name}`, values);
  const { groups, ...parts } = frame.parts;
  groups.forEach(({ targets, columns, vintages, fixed }, i) => {
    for (const [k, column] of targets.entries()) put(`groups/${i}/targets/${k}`, column);
    for (const [k, column] of columns.entries()) put(`groups/${i}/columns/${k}`, column);
    put(`groups/${i}/fixed`, Float64Array.from(fixed));
    if (vintages) for (const key of vintageKeys) put(`groups/${i}/vintages/${key}`, Float64Array.from(vintages[key]));
  });
  folds.forEach(({ truth, mean, deviation, quantiles }, i) => {
    put(`folds/${i}/truth`, truth);
    put(`folds/${i}/mean`, mean);
    if (deviation) put(`folds/${i}/deviation`, deviation);
    for (const [k, values] of quantiles?.values.entries() ?? []) put(`folds/${i}/quantiles/${k}`, values);
  });
  const { horizon, period, seed, lookback } = context;
  const header = {
    model: model.name,
    state: state && { model: state.model, settings: state.settings },
    context: { horizon, period, seed, lookback },
    parts,
    groups: groups.map(({ name, first, steps, targets, columns, vintages }) => ({
      name,
      first,
      steps,
      targets: targets.length,
      columns: columns.length,
      vintages: vintages !== undefined,
    })),
    folds: folds.map(({ series, turn, origin, deviation, quantiles }) => ({
      series,
      turn,
      origin,
      deviation: deviation !== undefined,
      levels: quantiles?.levels,
    })),
    leaderboard,
    level,
    interval,
  };
  return writeSafetensors(tensors, {
    format: 'lookback-forecaster',
    version: String(version),
    forecaster: JSON.stringify(header),
  });
}

const vintageKeys = ['step', 'column', 'known', 'value'] as const satisfies readonly (keyof Vintages)[];

/** @throws FILE_INVALID for bytes that are no saved forecaster, or of another version */
export function readSaved(bytes: Uint8Array, where: string): SavedForecaster {
  const { metadata } = readSafetensors(bytes, where);
  if (metadata.format !== 'lookback-forecaster') throw damaged(where, 'it is no saved forecaster');
  if (metadata.version !== String(version))
    throw damaged(where, `it is of version ${metadata.version}, this reads ${version}`);
  try {
    return unpack(JSON.parse(metadata.forecaster), loadSafetensors(bytes, where), where);
  } catch (cause) {
    if (cause instanceof LookbackError) throw cause;
    throw new LookbackError('FILE_INVALID', { where, problem: 'its parts do not fit together', cause });
  }
}

/** The header as `writeSaved` wrote it; anything else fails below, where it is read. */
interface Header extends Pick<SavedForecaster, 'model' | 'context' | 'leaderboard' | 'level' | 'interval'> {
  state?: { model: string; settings: Record<string, unknown> };
  parts: Omit<FrameParts, 'groups'>;
  groups: { name: string; first: number; steps: number; targets: number; columns: number; vintages: boolean }[];
  folds: { series: number; turn: number; origin: number; deviation: boolean; levels?: number[] }[];
}

function unpack(header: Header, tensors: ReadonlyMap<string, TensorEntry>, where: string): SavedForecaster {
  const numbers = (name: string, length?: number): Float64Array => {
    const entry = tensors.get(name);
    if (entry?.dtype === 'F64' && (length === undefined || entry.data.length === length)) return entry.data;
    throw damaged(where, `${name} is missing or has the wrong size`);
  };
  const series = (count: number, name: string, length?: number) =>
    Array.from({ length: count }, (_, k) => numbers(`${name}/${k}`, length));
  const groups = header.groups.map(({ name, first, steps, targets, columns, vintages }, i): Group => {
    const kept = vintages
      ? vintageKeys.map((key) => [key, Array.from(numbers(`groups/${i}/vintages/${key}`))] as const)
      : undefined;
    return {
      name,
      first,
      steps,
      targets: series(targets, `groups/${i}/targets`, steps),
      columns: series(columns, `groups/${i}/columns`, steps),
      fixed: [...numbers(`groups/${i}/fixed`)],
      ...(kept && { vintages: Object.fromEntries(kept) as unknown as Vintages }),
    };
  });
  const { horizon } = header.context;
  const folds = header.folds.map(
    ({ series: which, turn, origin, deviation, levels }, i): Fold => ({
      series: which,
      turn,
      origin,
      truth: numbers(`folds/${i}/truth`, horizon),
      mean: numbers(`folds/${i}/mean`, horizon),
      ...(deviation && { deviation: numbers(`folds/${i}/deviation`, horizon) }),
      ...(levels && { quantiles: { levels, values: series(levels.length, `folds/${i}/quantiles`, horizon) } }),
    }),
  );
  const own: Record<string, Numbers> = {};
  for (const [name, { dtype, data }] of tensors) {
    if (name.startsWith('model/') && (dtype === 'F64' || dtype === 'F32')) own[name.slice(6)] = data as Numbers;
  }
  const frameParts: FrameParts = { ...header.parts, groups };
  return {
    model: header.model,
    state: header.state && { ...header.state, numbers: own },
    context: header.context,
    frameParts,
    frame: (holidays) => new Frame(frameParts, [], holidays),
    folds,
    leaderboard: header.leaderboard,
    level: header.level,
    interval: header.interval,
  };
}

const damaged = (where: string, problem: string) =>
  new LookbackError('FILE_INVALID', { where, problem, next: 'Save it again' });
