/** What `lookback train --profile` left in a run's folder. Reads only. */
import type { Profile } from '../backends/profile.ts';
import { LookbackError } from '../errors.ts';
import { readJson } from '../track/node.ts';
import type { RunsFolder } from './runs.node.ts';

/** Null for a run without. @throws LookbackError FILE_INVALID where it is damaged. */
export function readProfile(runs: RunsFolder, name: string): Profile | null {
  const path = runs.file(name, 'profile.json');
  if (!path) return null;
  const profile = readJson(path) as Partial<Record<keyof Profile, unknown>> | null;
  const figures = [profile?.seconds, profile?.kernelSeconds, profile?.kernelShare, profile?.threads];
  if (!figures.every(Number.isFinite) || !Array.isArray(profile?.operations)) {
    throw new LookbackError('FILE_INVALID', {
      where: path,
      expected: 'seconds, kernelSeconds, kernelShare, operations',
    });
  }
  for (const { name: operation, calls, seconds, flops, bytes } of profile.operations) {
    if (typeof operation === 'string' && [calls, seconds, flops, bytes].every(Number.isFinite)) continue;
    throw new LookbackError('FILE_INVALID', { where: path, expected: 'name, calls, seconds, flops, bytes' });
  }
  return profile as Profile;
}
