/** The command line in this process: what a command writes and the status it ends with. */
import { runProgram } from '../src/cli/program.ts';

export async function lookback(words: readonly string[], { width = 100, live = false } = {}) {
  let out = '';
  let error = '';
  const write = (text: string) => (out += text);
  const writeError = (text: string) => (error += text);
  const status = await runProgram([...words], { write, writeError, width, colour: false, live });
  return { status, out, error };
}
