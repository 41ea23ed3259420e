/**
 * The page's training worker: the engine as WebAssembly, with threads where the page may share memory, and the same
 * session code that the command line runs. It reads nothing; what it trains on is sent to it.
 */
import { CpuBackend } from '../../../../src/backends/cpu/cpu.ts';
import { init } from '../../../../src/backends/init.ts';
import { splitFraction } from '../../../../src/data/index.ts';
import { LookbackError } from '../../../../src/errors.ts';
import type { LiveRow } from '../../../../src/server/wire.ts';
import { ForecastTask } from '../../../../src/tasks/forecast.ts';
import { LanguageTask } from '../../../../src/tasks/language.ts';
import { MemorySession, makeTask } from '../../../../src/tasks/session.ts';
import { tellStory } from '../../../../src/tasks/story.ts';
import { bestFloor, CharacterTokenizer } from '../../../../src/text/index.ts';
import type { Floor } from '../curves.ts';
import { runBreak } from './breaks.ts';
import type { FromWorker, ToWorker } from './protocol.ts';

const tell = (message: FromWorker): void => self.postMessage(message);

/** Rows are told at most this often: a page can draw no faster. */
const tellEvery = 60;

let session: MemorySession | undefined;
let stop = new AbortController();

self.onmessage = ({ data }: MessageEvent<ToWorker>) => {
  answer(data).catch((error: unknown) => {
    const known = error instanceof LookbackError;
    tell({ kind: 'failed', code: known ? error.code : 'INTERNAL', message: (error as Error).message ?? String(error) });
  });
};

async function answer(message: ToWorker): Promise<void> {
  switch (message.kind) {
    case 'train':
      return train(message);
    case 'stop':
      return stop.abort();
    case 'continue':
      return goOn();
    case 'floors':
      return tell({ kind: 'floors', floors: floorsOf(message) });
    case 'break': {
      // Two such models train side by side, each too small to share.
      await init({ backend: 'wasm', threads: 1 });
      const started = performance.now();
      await runBreak(message, (point) => tell({ kind: 'point', point }));
      return tell({ kind: 'broke', seconds: (performance.now() - started) / 1000 });
    }
    default:
      message satisfies never;
  }
}

const smoothings = { 'witten-bell': 'Witten-Bell', 'kneser-ney': 'modified Kneser-Ney' };

function floorsOf({ text, validation: share }: Extract<ToWorker, { kind: 'floors' }>): Floor[] {
  const tokenizer = CharacterTokenizer.fromText(text);
  const { train, validation } = splitFraction(tokenizer.encode(text), { validation: share });
  const { floors } = bestFloor(train, validation, { maxOrder: 6, vocabularySize: tokenizer.vocabularySize });
  return floors.map(({ smoothing, order, nats }) => ({ name: `${smoothings[smoothing]} ${order}-gram`, value: nats }));
}

async function train({ recipe, texts, onlyFor }: Extract<ToWorker, { kind: 'train' }>): Promise<void> {
  const backend = await init({ backend: 'wasm' });
  const { task, dataHash } = makeTask(recipe, new Map(texts));
  session = new MemorySession(task);
  tell({
    kind: 'started',
    machine: {
      backend: backend.name,
      threads: backend.threads,
      fused: backend instanceof CpuBackend && backend.fused,
    },
    dataHash,
    parameters: task.model.parameterCount(),
    story: task instanceof ForecastTask ? tellStory(task, task.formulaScores()) : undefined,
    vocabulary: task instanceof LanguageTask ? task.tokenizer.vocabularySize : undefined,
  });
  if (onlyFor !== undefined && onlyFor !== dataHash) return tell({ kind: 'ended', reason: 'stopped', step: 0 });
  return goOn();
}

async function goOn(): Promise<void> {
  if (!session) return;
  const { task } = session;
  stop = new AbortController();
  let rows: LiveRow[] = [];
  let told = performance.now();
  const flush = () => {
    if (rows.length > 0) tell({ kind: 'rows', rows });
    rows = [];
    told = performance.now();
  };
  const log = (step: number, values: Record<string, number>) => {
    rows.push({ step, time: Date.now() / 1000, values });
    if (performance.now() - told > tellEvery) flush();
  };
  const ended = await session.run(
    {
      step: log,
      evaluation(step, { metrics }) {
        log(step, metrics);
        if (task instanceof ForecastTask && task.recipe.split.test > 0) {
          tell({ kind: 'forecast', step, forecast: [...task.testForecast(0)] });
        }
      },
      sample: (step, text) => tell({ kind: 'sample', step, text }),
    },
    stop.signal,
  );
  flush();
  const { reason, state, scores, parametersHash, validationLoss, sample } = ended;
  tell({
    kind: 'ended',
    reason,
    step: state.step,
    parametersHash,
    validationLoss,
    sample,
    story: task instanceof ForecastTask && reason !== 'stopped' ? tellStory(task, scores) : undefined,
  });
}
