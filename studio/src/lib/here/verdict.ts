/** Whether a training here came to the bits of one elsewhere, and if not, why. Pure. */

export interface Bits {
  dataHash: string;
  parametersHash: string;
}

export interface Verdict {
  same: boolean;
  /** In a word or two. */
  title: string;
  reasons: string[];
}

const short = (hash: string): string => `${hash.slice(0, 12)}…`;

/**
 * @param here what this page came to; without `parametersHash` only the data is judged so far
 * @param there what it should be
 * @param fused whether multiply-add fuses on this machine
 * @param difference largest difference of the two loss curves, where both are known
 * @param versions of Lookback, there and here
 */
export function judge(
  here: { dataHash: string; parametersHash?: string },
  there: Bits,
  { fused, difference, versions }: { fused: boolean; difference?: number; versions?: [there: string, here: string] },
): Verdict | undefined {
  const reasons: string[] = [];
  if (here.dataHash !== there.dataHash) {
    reasons.push(`The data differs: SHA-256 ${short(here.dataHash)} here, ${short(there.dataHash)} there.`);
  }
  if (here.parametersHash === undefined)
    return reasons.length > 0 ? { same: false, title: 'Other data', reasons } : undefined;
  if (here.parametersHash === there.parametersHash) {
    if (reasons.length > 0) return { same: false, title: 'Other data', reasons };
    return {
      same: true,
      title: 'Same bits',
      reasons: [`SHA-256 of all parameters is ${here.parametersHash} here and there.`],
    };
  }
  reasons.push(
    `The parameters differ: SHA-256 ${short(here.parametersHash)} here, ${short(there.parametersHash)} there.`,
  );
  if (!fused)
    reasons.push('This machine does not fuse multiply-add, so its bits may differ; results agree to tolerance.');
  if (difference !== undefined) {
    reasons.push(
      `Largest difference of the loss at any step: ${difference === 0 ? '0' : difference.toExponential(1)}.`,
    );
  }
  if (versions && versions[0] !== versions[1]) {
    reasons.push(`It was trained by Lookback ${versions[0]}, this is ${versions[1]}.`);
  }
  const onlyFusing = !fused && here.dataHash === there.dataHash;
  return { same: false, title: onlyFusing ? 'Same to tolerance' : 'Not the same', reasons };
}

interface Points {
  readonly steps: ArrayLike<number>;
  readonly last: ArrayLike<number>;
}

/** Largest |a - b| of two curves at the steps both have; undefined where they share none. */
export function largestDifference(a: Points, b: Points): number | undefined {
  const values = new Map(Array.from(b.steps, (step, i) => [step, b.last[i]]));
  let largest: number | undefined;
  for (let i = 0; i < a.steps.length; i++) {
    const difference = Math.abs(a.last[i] - (values.get(a.steps[i]) ?? Number.NaN));
    if (difference >= 0) largest = Math.max(largest ?? 0, difference);
  }
  return largest;
}
