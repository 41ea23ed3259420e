import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Profile } from '../backends/profile.ts';
import { readProfile } from '../server/profile.node.ts';
import type { RunsFolder } from '../server/runs.node.ts';
import { parseRecipe } from '../tasks/recipe.ts';
import { startRun } from '../tasks/run.node.ts';
import { profileReport } from './profileReport.ts';

const root = mkdtempSync(join(tmpdir(), 'lookback-profile-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const one = (name: string, seconds: number) => ({ name, seconds, calls: 1, flops: seconds * 2e9, bytes: 0 });

describe('a profile', () => {
  it('is told with small operations together and what no kernel had', () => {
    const operations = [one('matmul', 6), one('add', 2), one('x', 0.01), one('y', 0.01)];
    const profile: Profile = {
      backend: 'b',
      threads: 2,
      seconds: 10,
      kernelSeconds: 8.02,
      kernelShare: 0.802,
      operations,
    };
    const text = profileReport(profile, { colour: false });
    expect(text).toContain('10 s of training on b, 2 threads');
    expect(text).toMatch(/matmul +1 +6\.0 s +60\.0 % +2\.0/);
    expect(text).toMatch(/2 others +2 +20 ms +0\.2 %/);
    expect(text).toMatch(/not in kernels +2\.0 s +19\.8 %/);
  });

  it('is written into the run’s folder and read for its page; damage is an error that names the file', async () => {
    const recipe = parseRecipe({
      task: 'forecast',
      data: { source: 'airline-passengers', period: 12 },
      window: { lookback: 12, horizon: 12 },
      model: { kind: 'lstm', hidden: 4 },
      train: { steps: 3, snapshots: false },
    });
    const { run, profile } = await startRun(recipe, { root, profile: true });
    expect(profile?.operations.map(({ name }) => name)).toContain('lstm: gradient');
    expect(JSON.parse(readFileSync(run.path('profile.json'), 'utf8'))).toEqual(profile);
    const runs = { file: (_: string, name: string) => run.path(name) } as unknown as RunsFolder;
    expect(readProfile(runs, run.name)).toEqual(profile);
    writeFileSync(run.path('profile.json'), '{"seconds": 1}');
    expect(() => readProfile(runs, run.name)).toThrow('profile.json');
    expect(readProfile({ file: () => undefined } as unknown as RunsFolder, run.name)).toBeNull();
  });
});
