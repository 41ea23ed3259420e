#!/usr/bin/env node
import { existsSync } from 'node:fs';

const program = new URL('../dist/cli.js', import.meta.url);
if (existsSync(program)) {
  await import(program.href);
} else {
  console.error('error: lookback is not built yet. Run `npm start` once, or `npm run build`.');
  process.exitCode = 1;
}
