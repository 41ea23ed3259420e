/**
 * Where commands write: standard output and error, with what the terminal can show. Commands take a `Terminal` and
 * never touch `process.stdout`, so that tests can read what they print.
 */
import pico from 'picocolors';

export type Colours = ReturnType<typeof pico.createColors>;

export interface Terminal {
  /** Results: standard output, as is. */
  write(text: string): void;
  /** Progress and errors: standard error, as is. */
  writeError(text: string): void;
  /** Columns. */
  width: number;
  /** Whether standard output may be coloured. */
  colour: boolean;
  /** Whether standard error is a terminal, where a line can be rewritten. */
  live: boolean;
  /** Whether somebody reads standard output as it comes: it is a terminal. */
  interactive?: boolean;
}

/** This process's terminal. Colours follow NO_COLOR, FORCE_COLOR and TERM=dumb. */
export function systemTerminal(): Terminal {
  const { stdout, stderr, env } = process;
  return {
    write: (text) => void stdout.write(text),
    writeError: (text) => void stderr.write(text),
    width: Math.min(Math.max(stdout.columns || stderr.columns || 80, 40), 120),
    colour: !env.NO_COLOR && (Boolean(env.FORCE_COLOR) || (stdout.isTTY === true && env.TERM !== 'dumb')),
    live: stderr.isTTY === true && env.TERM !== 'dumb',
    interactive: stdout.isTTY === true,
  };
}

/** picocolors, on or off; off, every colour is the text itself. */
export function colours(enabled: boolean): Colours {
  return pico.createColors(enabled);
}
