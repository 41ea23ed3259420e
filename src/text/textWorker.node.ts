/** One thread for text: takes tasks, answers in turn. Started by `threads.node.ts`. */
import { parentPort, workerData } from 'node:worker_threads';
import { type TextTask, textWorker } from './textWork.ts';

const work = textWorker(workerData?.tokenizer);
parentPort?.on('message', (task: TextTask) => {
  try {
    parentPort?.postMessage({ answer: work(task) });
  } catch (error) {
    const { code, parts, message } = error as { code?: string; parts?: object; message?: string };
    parentPort?.postMessage({ code, parts: { ...parts, cause: undefined }, message });
  }
});
parentPort?.postMessage('ready');
