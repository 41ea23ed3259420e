/** `RECIPE`: trains on shards in a process of its own and prints what it reached and the most memory it had, in MiB. */
import { readFileSync } from 'node:fs';
import { startRun } from '../../src/tasks/run.node.ts';

const [recipe, root] = process.argv.slice(2);
const before = process.resourceUsage().maxRSS / 1024;
const { run, floors, validationLoss } = await startRun(JSON.parse(readFileSync(recipe, 'utf8')), { root });
const most = process.resourceUsage().maxRSS / 1024;
process.stdout.write(JSON.stringify({ status: run.status, validationLoss, counted: floors[0].tokens, before, most }));
