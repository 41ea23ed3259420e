/**
 * A learner's code, run in the page: in a worker of a frame that has another origin, no cookies and no way to any address
 * (`public/exercise.html`). The frame goes after each check, and with it a loop that never ends. The static site, which may
 * frame nothing, has neither a server nor cookies to reach: there a worker does, under the page's own policy.
 */
import {
  type Exercise,
  endless,
  failed,
  judge,
  programFor,
  readAnswer,
  timeLimit,
  type Verdict,
} from '../../../../src/learn/index.ts';
import { isStatic } from '../site.ts';

/** What the frame may take beside the code itself: to be loaded, and to start its worker. Milliseconds. */
const patience = 8000;

export async function checkHere(exercise: Exercise, source: string): Promise<Verdict> {
  const made = programFor(exercise, source);
  if ('problem' in made) return failed(exercise, made.problem);
  const answer = await (isStatic ? runInWorker(made.program) : runInFrame(made.program));
  if ('problem' in answer) return failed(exercise, answer.problem);
  const read = readAnswer(exercise, answer.text);
  return 'problem' in read ? failed(exercise, read.problem) : judge(exercise, read.outcomes);
}

function runInWorker(program: string): Promise<{ text: unknown } | { problem: string }> {
  const address = URL.createObjectURL(new Blob([`postMessage({ text: ${program} })`], { type: 'text/javascript' }));
  const worker = new Worker(address);
  return new Promise<{ text: unknown } | { problem: string }>((resolve) => {
    const late = window.setTimeout(() => resolve({ problem: endless }), timeLimit);
    worker.onmessage = ({ data }) => resolve({ text: data?.text });
    worker.onerror = ({ message }) => {
      window.clearTimeout(late);
      resolve({ problem: `It does not run: ${String(message || 'the browser gives no reason').slice(0, 300)}.` });
    };
  }).finally(() => {
    worker.terminate();
    URL.revokeObjectURL(address);
  });
}

function runInFrame(program: string): Promise<{ text: unknown } | { problem: string }> {
  const frame = document.createElement('iframe');
  frame.setAttribute('sandbox', 'allow-scripts');
  frame.hidden = true;
  frame.title = 'Runs the exercise';
  frame.src = 'exercise.html';
  return new Promise((resolve) => {
    const end = (answer: { text: unknown } | { problem: string }) => {
      window.clearTimeout(late);
      window.removeEventListener('message', listen);
      frame.remove();
      resolve(answer);
    };
    const late = window.setTimeout(
      () => end({ problem: 'The frame that runs the code does not answer; reload the page.' }),
      timeLimit + patience,
    );
    const listen = ({ source, data }: MessageEvent) => {
      if (source !== frame.contentWindow) return;
      const { ready, text, error, late: ended } = { ...data } as Record<string, unknown>;
      if (ready) frame.contentWindow?.postMessage({ program, limit: timeLimit }, '*');
      else if (ended) end({ problem: endless });
      else if (error !== undefined) end({ problem: `It does not run: ${String(error).slice(0, 300)}.` });
      else end({ text });
    };
    window.addEventListener('message', listen);
    document.body.append(frame);
  });
}
