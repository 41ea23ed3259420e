/**
 * Whether the influence of old values dies away: the roots of a smoothing model's characteristic polynomial lie within
 * the unit circle (Hyndman et al. 2008, chapter 10). Tested by the Schur-Cohn recursion, which finds no roots.
 */
import type { EtsForm, EtsParameters } from './etsModel.ts';

export function isStable(form: EtsForm, { alpha, beta, gamma, phi }: EtsParameters): boolean {
  const { period } = form;
  if (form.season === 'N') {
    if (alpha < 1 - 1 / phi || alpha > 1 + 1 / phi) return false;
    return form.trend === 'N' || (beta >= alpha * (phi - 1) && beta <= (1 + phi) * (2 - alpha));
  }
  if (gamma < Math.max(1 - 1 / phi - alpha, 0) || gamma > 1 + 1 / phi - alpha) return false;
  if (alpha < 1 - 1 / phi - (gamma * (1 - period + phi + phi * period)) / (2 * phi * period)) return false;
  if (beta < -(1 - phi) * (gamma / period + alpha)) return false;
  // From the constant up to the leading coefficient, degree period + 1.
  const middle = alpha + beta - alpha * phi;
  const polynomial = [
    phi * (1 - alpha - gamma),
    middle + gamma - 1,
    ...Array<number>(period - 2).fill(middle),
    alpha + beta - phi,
    1,
  ];
  return rootsWithin(polynomial, 1 + 1e-10);
}

/** Whether all roots of c0 + c1 z + … + cn z^n have |z| <= radius, up to rounding. */
export function rootsWithin(coefficients: readonly number[], radius = 1): boolean {
  let scale = 1;
  let current = coefficients.map((value) => {
    const scaled = value * scale;
    scale *= radius;
    return scaled;
  });
  while (current.length > 1) {
    const last = current[current.length - 1];
    const ratio = current[0] / last;
    // Equality: roots on the circle, whose reduction vanishes.
    if (Math.abs(ratio) > 1 + 1e-12) return false;
    const next = current.slice(1).map((value, i) => value - ratio * current[current.length - 2 - i]);
    if (Math.abs(next[next.length - 1]) < 1e-12 * Math.abs(last)) return true;
    current = next;
  }
  return true;
}
