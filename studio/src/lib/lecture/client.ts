/** Starts the lecture's worker for one figure; it ends when the figure goes or starts anew. */
import type { FromWorker, ToWorker } from './protocol.ts';
// Within the page's own script: a page opened from a disk can load no worker's file.
import LectureWorker from './worker.ts?worker&inline';

/** Sends `request` to a worker of its own and hands on what it says; the function returned ends it. */
export function compute(request: ToWorker, heard: (message: FromWorker) => void): () => void {
  const worker = new LectureWorker();
  worker.onmessage = ({ data }: MessageEvent<FromWorker>) => heard(data);
  worker.onerror = () => heard({ kind: 'failed', message: 'The worker that trains could not be started here.' });
  worker.postMessage(request);
  return () => worker.terminate();
}
