/** docs/cli.md: the help text of every command, asked of the program itself. */
import type { Command } from 'commander';
import { createProgram, runProgram } from '../src/cli/program.ts';

const head = `# Command line

What \`--help\` prints, command by command; \`npm run pages\` makes this page from the program. In a checkout run
\`npx lookback\` (after \`npm start\` or \`npm run build\`) or \`npx tsx src/cli/main.ts\`.

- Results go to standard output, progress and errors to standard error. \`--json\` prints JSON for programs.
- Exit status: 0 done, 1 failure, 2 wrong use. An error names the next step and its code ([errors.md](errors.md)).
- Ctrl-C stops after the step, saves and exits; a second one exits at once, and loses the steps since the last checkpoint.
- Variables: \`LOOKBACK_BACKEND\`, \`LOOKBACK_THREADS\`, \`LOOKBACK_NATIVE\` ([engine.md](engine.md)), \`LOOKBACK_DATA\`
  ([recipes.md](recipes.md)), \`LOOKBACK_DEBUG=1\` for stack traces, \`NO_COLOR\` and \`FORCE_COLOR\`.
`;

/** The page. */
export async function cliPage(): Promise<string> {
  const silent = { write: () => {}, writeError: () => {}, width: 80, colour: false, live: false };
  const sections = [head, await section([])];
  for (const path of paths(createProgram(silent))) sections.push(await section(path));
  return sections.join('\n');
}

/** The words of every command that does something; a group's help is that of its parts. */
function paths(command: Command, above: readonly string[] = []): string[][] {
  return command.commands.flatMap((child) => {
    const path = [...above, child.name()];
    return child.commands.length > 0 ? paths(child, path) : [path];
  });
}

async function section(path: readonly string[]): Promise<string> {
  let text = '';
  const write = (piece: string) => {
    text += piece;
  };
  await runProgram([...path, '--help'], { write, writeError: write, width: 100, colour: false, live: false });
  return `## ${['lookback', ...path].join(' ')}\n\n\`\`\`\n${text.trim()}\n\`\`\`\n`;
}
