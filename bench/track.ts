/**
 * Tracking: points a second of `run.log`, and opening many runs cold (parsing) and warm (from the cache):
 * `npx tsx bench/track.ts [runs]`, 1,000 by default, which takes 2 GB of the temporary folder for a minute.
 *
 * Each of the runs has 20 metrics × 2,000 steps; one more has 1,000,000 steps of one metric. The files are as warm in the
 * system's own cache as having been written just now leaves them.
 */
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { metricLine } from '../src/track/index.ts';
import { MetricsReader, track } from '../src/track/node.ts';

const runs = Number(process.argv[2] ?? 1000);
const root = mkdtempSync(join(tmpdir(), 'lookback-bench-'));

const timed = <T>(work: () => T): { seconds: number; result: T } => {
  const began = performance.now();
  const result = work();
  return { seconds: (performance.now() - began) / 1000, result };
};
const say = (name: string, value: string) => console.log(`${name.padEnd(44)} ${value}`);

/** Lines of `steps` rows with the metrics of one training. */
function lines(steps: number, metrics: number): string {
  const names = Array.from({ length: metrics }, (_, i) => `metric/${i}`);
  const rows: string[] = [];
  for (let step = 0; step < steps; step++) {
    const values = Object.fromEntries(
      names.map((name, i) => [name, 1 / (1 + step * (i + 1)) + ((step * 7919) % 997) / 1e5]),
    );
    rows.push(metricLine({ step, time: 1_700_000_000 + step / 7, values }));
  }
  return `${rows.join('\n')}\n`;
}

function open(folder: string): MetricsReader {
  const reader = new MetricsReader(folder);
  reader.update();
  reader.save();
  return reader;
}

try {
  for (const metrics of [1, 20]) {
    const points = 1_200_000;
    const run = await track({ root, name: `log-${metrics}` });
    const names = Array.from({ length: metrics }, (_, i) => `metric/${i}`);
    const { seconds } = timed(() => {
      for (let step = 1; step <= points / metrics; step++) {
        const values: Record<string, number> = {};
        for (const name of names) values[name] = 1 / step;
        run.log(values, step);
      }
    });
    say(`run.log, ${metrics} metrics a call`, `${Math.round(points / seconds / 1000)},000 points/s`);
    await run.finish();
  }

  const million = join(root, 'million');
  mkdirSync(million);
  writeFileSync(join(million, 'metrics.jsonl'), lines(1_000_000, 1));
  say('1 run × 1,000,000 steps, cold', `${timed(() => open(million)).seconds.toFixed(2)} s`);
  const warm = timed(() => open(million));
  say('1 run × 1,000,000 steps, warm', `${warm.seconds.toFixed(3)} s`);
  const { table } = warm.result;
  say('  first range of 1,000 points', `${(timed(() => table.range('metric/0')).seconds * 1000).toFixed(1)} ms`);
  const zoom = () => table.range('metric/0', { from: 123_456, to: 789_012 });
  say('  a zoom of 665,557 into 1,000 points', `${(timed(zoom).seconds * 1000).toFixed(1)} ms`);
  const more = lines(100, 1).replaceAll('"step":', '"step":1000');
  writeFileSync(join(million, 'metrics.jsonl'), more, { flag: 'a' });
  timed(() => warm.result.update());
  writeFileSync(join(million, 'metrics.jsonl'), more, { flag: 'a' });
  say('  100 rows more', `${(timed(() => warm.result.update()).seconds * 1000).toFixed(1)} ms`);

  const text = lines(2000, 20);
  const folders = Array.from({ length: runs }, (_, i) => join(root, `run-${i}`));
  for (const folder of folders) {
    mkdirSync(folder);
    writeFileSync(join(folder, 'metrics.jsonl'), text);
  }
  const megabytes = (runs * text.length) / 1e6;
  const all = () => folders.reduce((rows, folder) => rows + open(folder).table.rowCount, 0);
  const cold = timed(all);
  const cached = timed(all);
  if (cold.result !== 2000 * runs || cached.result !== 2000 * runs) throw new Error('rows are missing');
  say(`${runs} runs × 20 × 2,000 (${megabytes.toFixed(0)} MB), cold`, `${cold.seconds.toFixed(1)} s`);
  say(`${runs} runs × 20 × 2,000, warm`, `${cached.seconds.toFixed(2)} s`);
  say('  cache of one run', `${(statSync(join(folders[0], 'metrics.cache')).size / 1e3).toFixed(0)} kB`);
} finally {
  rmSync(root, { recursive: true, force: true });
}
