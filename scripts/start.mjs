/** `npm start`: sets up what is missing, then runs the guided tour (`lookback start`) in this same process. */
import { setUp } from './setup.mjs';

await setUp();
process.argv.splice(2, 0, 'start');
await import('../dist/cli.js');
