/** The lecture's worker: trains the small models of its figures with the engine as WebAssembly, on one thread. */
import { init } from '../../../../src/backends/init.ts';
import { trainCell } from './cell.ts';
import { trainOneStep } from './oneStep.ts';
import type { FromWorker, ToWorker } from './protocol.ts';
import { trainWriter } from './writer.ts';

const tell = (message: FromWorker): void => self.postMessage(message);

/** Between two pictures: a training that is over at once shows nothing. */
const frame = () => new Promise<void>((wake) => setTimeout(wake, 40));

self.onmessage = ({ data }: MessageEvent<ToWorker>) => {
  answer(data).catch((error: unknown) => tell({ kind: 'failed', message: (error as Error).message ?? String(error) }));
};

async function answer(message: ToWorker): Promise<void> {
  const backend = await init({ backend: 'wasm', threads: 1 });
  switch (message.kind) {
    case 'cell':
      return trainCell(
        message.cell,
        { steps: message.steps, every: 4 },
        (trace, done) => tell({ kind: 'cell', trace, done }),
        frame,
      );
    case 'oneStep':
      return trainOneStep(
        { steps: message.steps, every: 10 },
        (trace, done) => tell({ kind: 'oneStep', trace, done }),
        frame,
      );
    case 'language':
      return trainWriter(backend.name, tell, frame);
    default:
      message satisfies never;
  }
}
