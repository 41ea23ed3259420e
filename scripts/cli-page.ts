/** docs/cli.md: the help text of every command, asked of the program itself. */
import type { Command } from 'commander';
import { createProgram } from '../src/cli/program.ts';
import { capturedTerminal } from './page-terminal.ts';
