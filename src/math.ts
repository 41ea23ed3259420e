/**
 * Elementary functions in float64 that give the same bits in every engine.
 *
 * Node and Chromium differ in the last bit of Math.exp, log, sin, cos, tanh and pow, so a run that used them could not
 * be repeated elsewhere. These use only + - * /, Math.sqrt, Math.floor and the bits of a double, all of which IEEE 754
 * or ECMAScript fixes. Each reduces its argument exactly, then sums a Taylor series short enough to truncate below a
 * tenth of the last place. Largest errors seen against 60-digit arithmetic, 3,000 random arguments each: 0.8 ulp for
 * exp, log, log1p, sin, cos and pow, 1.2 for expm1, 2 for tanh, 3.5 for erf and erfc, 5 for the quantiles. Special values
 * follow ECMAScript.
 *
 * Speed is not the aim: tensors go through the kernels. Nothing here works on arrays.
 */

const LN2_HIGH = 0.6931471805592082; // ln 2 to 40 bits, so that k · LN2_HIGH is exact for |k| < 2^13
const LN2_LOW = 7.371002565167799e-13;
const TWO_OVER_SQRT_PI = 1.1283791670955126;
// π/2 in pieces of 33 bits, so that n · piece is exact for n < 2^20.
const HALF_PI_1 = 1.5707963267341256;
const HALF_PI_2 = 6.077100506303966e-11;
const HALF_PI_3 = 2.0222662487111665e-21;
const HALF_PI_4 = 8.4784276603689e-32;
const TWO_OVER_PI = 0.6366197723675814;
const TRIG_EXACT_LIMIT = 1e6; // beyond it n · HALF_PI_1 would round

const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);
double[0] = 1;
const HIGH = words[1] === 0 ? 0 : 1; // index of the word with sign and exponent: 1 where the machine is little-endian
const LOW = 1 - HIGH;

/** 2^k for -1022 <= k <= 1023, exact. */
function powerOfTwo(k: number): number {
  words[HIGH] = (k + 1023) << 20;
  words[LOW] = 0;
  return double[0];
}

/** y · 2^k for y in [0.5, 2], rounded once even where the result is subnormal. */
function scaleByPowerOfTwo(y: number, k: number): number {
  if (k > 1023) return k > 1025 ? Infinity : y * 4 * powerOfTwo(k - 2);
  if (k >= -1021) return y * powerOfTwo(k);
  return k < -1080 ? 0 : y * powerOfTwo(k + 200) * powerOfTwo(-200);
}

// Functions that need more than one number back leave the rest here; nothing is allocated per call.
let lowPart = 0;
let exponent = 0;

/** a · b; the rounding error goes to `lowPart` (Dekker 1971). Needs |a|, |b| < 2^970. */
function exactProduct(a: number, b: number): number {
  const product = a * b;
  const aSplit = 134217729 * a; // 2^27 + 1
  const aHigh = aSplit - (aSplit - a);
  const bSplit = 134217729 * b;
  const bHigh = bSplit - (bSplit - b);
  const aLow = a - aHigh;
  const bLow = b - bHigh;
  lowPart = aLow * bLow - (product - aHigh * bHigh - aLow * bHigh - aHigh * bLow);
  return product;
}

/** a - b; the rounding error goes to `lowPart` (Knuth). */
function exactDifference(a: number, b: number): number {
  const difference = a - b;
  const virtual = a - difference;
  lowPart = a - (difference + virtual) + (virtual - b);
  return difference;
}

/** (e^r - 1 - r) for |r| <= 0.35: r²/2! + … + r^14/14!. */
function expRemainder(r: number): number {
  let sum = 1 / 6227020800 + r / 87178291200;
  sum = 1 / 479001600 + r * sum;
  sum = 1 / 39916800 + r * sum;
  sum = 1 / 3628800 + r * sum;
  sum = 1 / 362880 + r * sum;
  sum = 1 / 40320 + r * sum;
  sum = 1 / 5040 + r * sum;
  sum = 1 / 720 + r * sum;
  sum = 1 / 120 + r * sum;
  sum = 1 / 24 + r * sum;
  sum = 1 / 6 + r * sum;
  return r * r * (0.5 + r * sum);
}

/** e^(x + xLow), |xLow| far below |x|: x = k ln 2 + r, e^x = 2^k e^r. */
function expOfPair(x: number, xLow: number): number {
  const k = Math.floor(x * Math.LOG2E + 0.5);
  const high = x - k * LN2_HIGH;
  const low = k * LN2_LOW - xLow;
  const r = high - low;
  const rLow = high - r - low;
  return scaleByPowerOfTwo(1 + (r + (expRemainder(r) + rLow * (1 + r))), k);
}

/** e^x. */
export function exp(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x > 709.79) return Infinity;
  if (x < -745.14) return 0;
  return expOfPair(x, 0);
}

/** e^x - 1, accurate near 0. */
export function expm1(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x > 709.79) return Infinity;
  if (x < -40) return -1;
  if (Math.abs(x) < 0.35) return Math.abs(x) < 1e-17 ? x : x + expRemainder(x);
  const k = Math.floor(x * Math.LOG2E + 0.5);
  if (k > 56) return expOfPair(x, 0);
  const high = x - k * LN2_HIGH;
  const low = k * LN2_LOW;
  const r = high - low;
  const rLow = high - r - low;
  // 2^k (1 + r + tail) - 1 = (2^k - 1) + 2^k r + 2^k tail; the first sum is kept exact, for it may cancel.
  const scale = powerOfTwo(k);
  const sum = exactDifference(scale - 1, -scale * r);
  const sumLow = lowPart;
  return sum + (sumLow + scale * (expRemainder(r) + rLow * (1 + r)));
}

/** Splits a positive finite x into `exponent` and the returned mantissa in [√½, √2). */
function splitExponent(x: number): number {
  exponent = 0;
  let scaled = x;
  if (x < 2.2250738585072014e-308) {
    scaled = x * 18014398509481984; // 2^54: subnormal numbers become normal
    exponent = -54;
  }
  double[0] = scaled;
  exponent += (words[HIGH] >>> 20) - 1022;
  words[HIGH] = (words[HIGH] & 0x000fffff) | 0x3fe00000; // the mantissa in [0.5, 1)
  const mantissa = double[0];
  if (mantissa >= Math.SQRT1_2) return mantissa;
  exponent -= 1;
  return 2 * mantissa;
}

/** With z = s² <= 0.03, 2 atanh(s) / s = 2 + 2z/3 + z² · (this sum): 2/5 + 2z/7 + … + 2z^9/23. */
function atanhSeries(z: number): number {
  let sum = 2 / 21 + (z * 2) / 23;
  sum = 2 / 19 + z * sum;
  sum = 2 / 17 + z * sum;
  sum = 2 / 15 + z * sum;
  sum = 2 / 13 + z * sum;
  sum = 2 / 11 + z * sum;
  sum = 2 / 9 + z * sum;
  sum = 2 / 7 + z * sum;
  return 2 / 5 + z * sum;
}

/** k ln 2 + log(1 + f) + correction: with s = f / (2 + f), log(1 + f) = 2 atanh(s) = f - (f²/2 - s (f²/2 + R)). */
function logOfParts(k: number, f: number, correction: number): number {
  const s = f / (2 + f);
  const halfSquare = 0.5 * f * f;
  const z = s * s;
  const bend = s * (halfSquare + z * (2 / 3 + z * atanhSeries(z))) + (k * LN2_LOW + correction);
  if (k === 0) return f - (halfSquare - bend);
  // k ln 2 + f may cancel down to ln √½, so its rounding error is kept.
  const sum = exactDifference(k * LN2_HIGH, -f);
  return sum + (lowPart - (halfSquare - bend));
}

/** The natural logarithm. */
export function log(x: number): number {
  if (!(x > 0)) return x === 0 ? -Infinity : NaN;
  if (x === Infinity) return x;
  const mantissa = splitExponent(x);
  return logOfParts(exponent, mantissa - 1, 0);
}

/** log(1 + x), accurate near 0. */
export function log1p(x: number): number {
  if (!(x > -1)) return x === -1 ? -Infinity : NaN;
  if (x > 9007199254740992) return log(x);
  if (Math.abs(x) < 1e-17) return x;
  if (x > -0.29 && x < 0.41) return logOfParts(0, x, 0);
  const sum = 1 + x;
  const lost = x > 1 ? 1 - (sum - x) : x - (sum - 1); // what rounding took from 1 + x
  const mantissa = splitExponent(sum);
  return logOfParts(exponent, mantissa - 1, lost / sum);
}

/** log x for finite x > 0 to about 64 bits: the head is returned, the rest goes to `lowPart`. */
function logOfPair(x: number): number {
  const f = splitExponent(x) - 1;
  const k = exponent;
  // s = f / (2 + f) as a pair.
  const divisor = 2 + f;
  const divisorLow = f - (divisor - 2);
  const s = f / divisor;
  const back = exactProduct(s, divisor);
  const sLow = (f - back - lowPart - s * divisorLow) / divisor;
  // 2 atanh(s) = 2 s (1 + q), q = z/3 + z²/5 + …, z = s²; z/3 and the product as pairs, the rest in one double.
  const z = exactProduct(s, s);
  const zLow = lowPart + 2 * s * sLow;
  const rest = 0.5 * z * z * atanhSeries(z); // q - z/3 < 2e-4: one double is enough
  const third = 1 / 3;
  const first = exactProduct(z, third);
  const firstLow = lowPart + z * 1.850371707708594e-17 + zLow * third; // 1/3 - third = 1.85e-17
  const q = first + rest;
  const qLow = first - q + rest + firstLow;
  const factor = 1 + q;
  const factorLow = 1 - factor + q + qLow;
  const atanh = exactProduct(s, factor);
  const atanhLow = lowPart + s * factorLow + sLow * factor;
  const sum = exactDifference(k * LN2_HIGH, -2 * atanh);
  const sumLow = lowPart + (2 * atanhLow + k * LN2_LOW);
  const head = sum + sumLow;
  lowPart = sum - head + sumLow;
  return head;
}

/** x^y. As in ECMAScript, pow(±1, ±Infinity) is NaN. */
export function pow(x: number, y: number): number {
  if (y === 0) return 1;
  if (Number.isNaN(x) || Number.isNaN(y)) return NaN;
  const size = Math.abs(x);
  if (Math.abs(y) === Infinity) return size === 1 ? NaN : size > 1 === y > 0 ? Infinity : 0;
  const wholePower = Math.floor(y) === y;
  const oddPower = wholePower && Math.abs(y % 2) === 1;
  const negative = oddPower && (x < 0 || Object.is(x, -0));
  if (size === 0 || size === Infinity) {
    const result = (size === 0) === y > 0 ? 0 : Infinity;
    return negative ? -result : result;
  }
  if (x < 0 && !wholePower) return NaN;
  if (size === 1) return negative ? -1 : 1;
  const result = powOfPositive(size, y);
  return negative ? -result : result;
}

function powOfPositive(x: number, y: number): number {
  const logarithm = logOfPair(x);
  const logarithmLow = lowPart;
  const estimate = y * logarithm;
  if (estimate > 710) return Infinity;
  if (estimate < -746) return 0;
  if (Math.abs(estimate) < 1e-20) return 1 + estimate;
  const product = exactProduct(y, logarithm);
  return expOfPair(product, lowPart + y * logarithmLow);
}

/** tanh x = -t / (t + 2) with t = e^(-2|x|) - 1. */
export function tanh(x: number): number {
  const size = Math.abs(x);
  if (size < 1e-9 || Number.isNaN(x)) return x;
  if (size > 22) return x > 0 ? 1 : -1;
  const t = size < 1 ? expm1(-2 * size) : expm1(2 * size);
  const result = size < 1 ? -t / (t + 2) : 1 - 2 / (t + 2);
  return x > 0 ? result : -result;
}

/** Reduces x to [-π/4, π/4]: returns the quadrant (mod 4), `reduced` and `lowPart` hold the rest as a pair. */
let reduced = 0;
function reduceByHalfPi(x: number): number {
  if (Math.abs(x) > TRIG_EXACT_LIMIT) return reduceHuge(x);
  const n = Math.floor(x * TWO_OVER_PI + 0.5);
  if (n === 0) {
    reduced = x;
    lowPart = 0;
    return 0;
  }
  const first = exactDifference(x - n * HALF_PI_1, n * HALF_PI_2);
  const firstLow = lowPart;
  const second = exactDifference(first, n * HALF_PI_3);
  const low = firstLow + lowPart - n * HALF_PI_4;
  reduced = second + low;
  lowPart = second - reduced + low;
  return n & 3;
}

const FRACTION_BITS = 1200n; // a quotient below 2^1024 leaves 176 bits after the point
let halfPiBits: bigint | undefined;

/** round(π/2 · 2^1200) by Machin's formula: π/4 = 4 arctan(1/5) - arctan(1/239). */
function halfPi(): bigint {
  const one = 1n << (FRACTION_BITS + 32n);
  const arctangentOfInverse = (n: bigint): bigint => {
    let sum = 0n;
    let sign = 1n;
    for (let term = one / n, odd = 1n; term > 0n; term /= n * n, odd += 2n, sign = -sign) sum += (sign * term) / odd;
    return sum;
  };
  halfPiBits ??= (2n * (4n * arctangentOfInverse(5n) - arctangentOfInverse(239n))) >> 32n;
  return halfPiBits;
}

/** The same reduction with whole numbers; some microseconds, but exact up to the largest double. */
function reduceHuge(x: number): number {
  double[0] = Math.abs(x);
  const power = (words[HIGH] >>> 20) - 1075;
  const mantissa = BigInt((words[HIGH] & 0x000fffff) | 0x00100000) * 4294967296n + BigInt(words[LOW]);
  const period = halfPi();
  const scaled = mantissa << (FRACTION_BITS + BigInt(power));
  let quotient = scaled / period;
  let rest = scaled - quotient * period;
  if (2n * rest > period) {
    rest -= period;
    quotient += 1n;
  }
  rest >>= FRACTION_BITS - 180n;
  const head = Number(rest);
  const unit = powerOfTwo(-180);
  const sign = x < 0 ? -1 : 1;
  reduced = sign * head * unit;
  lowPart = sign * Number(rest - BigInt(head)) * unit;
  return (sign * Number(quotient & 3n)) & 3;
}

/** sin(r + low) for |r| <= π/4: r - r³/3! + … + r^17/17!. */
function sinKernel(r: number, low: number): number {
  const z = r * r;
  let sum = -1 / 1307674368000 + z / 355687428096000;
  sum = 1 / 6227020800 + z * sum;
  sum = -1 / 39916800 + z * sum;
  sum = 1 / 362880 + z * sum;
  sum = -1 / 5040 + z * sum;
  sum = 1 / 120 + z * sum;
  sum = -1 / 6 + z * sum;
  return r + (r * z * sum + low * (1 - 0.5 * z));
}

/** cos(r + low) for |r| <= π/4: 1 - r²/2 + r⁴/4! - … + r^16/16!. */
function cosKernel(r: number, low: number): number {
  const z = r * r;
  let sum = -1 / 87178291200 + z / 20922789888000;
  sum = 1 / 479001600 + z * sum;
  sum = -1 / 3628800 + z * sum;
  sum = 1 / 40320 + z * sum;
  sum = -1 / 720 + z * sum;
  sum = 1 / 24 + z * sum;
  const head = 1 - 0.5 * z;
  return head + (1 - head - 0.5 * z + (z * z * sum - r * low));
}

/** The sine of x radians. */
export function sin(x: number): number {
  if (!Number.isFinite(x)) return NaN;
  if (Math.abs(x) < 1e-9) return x;
  const quadrant = reduceByHalfPi(x);
  const value = quadrant & 1 ? cosKernel(reduced, lowPart) : sinKernel(reduced, lowPart);
  return quadrant & 2 ? -value : value;
}

/** The cosine of x radians. */
export function cos(x: number): number {
  if (!Number.isFinite(x)) return NaN;
  const quadrant = reduceByHalfPi(x);
  const value = quadrant & 1 ? sinKernel(reduced, lowPart) : cosKernel(reduced, lowPart);
  return quadrant === 1 || quadrant === 2 ? -value : value;
}

/** e^(-x²), with the rounding error of the square put back. */
function expOfNegativeSquare(x: number): number {
  if (x > 28) return 0;
  const square = exactProduct(x, x);
  return expOfPair(-square, -lowPart);
}

/** The error function, 2/√π ∫₀ˣ e^(-t²) dt. */
export function erf(x: number): number {
  if (Number.isNaN(x)) return x;
  const size = Math.abs(x);
  if (size > 6) return x > 0 ? 1 : -1;
  if (size < 1e-9) return x * TWO_OVER_SQRT_PI;
  if (size > 1) return x > 0 ? 1 - erfc(size) : erfc(size) - 1;
  // 2/√π e^(-x²) Σ 2ⁿ x^(2n+1) / (1·3·5…(2n+1)): every term is positive, nothing cancels.
  const doubleSquare = 2 * x * x;
  let tail = 0;
  let term = 1;
  for (let odd = 3; term > 1e-18; odd += 2) {
    term *= doubleSquare / odd;
    tail += term;
  }
  return TWO_OVER_SQRT_PI * x * expOfNegativeSquare(size) * (1 + tail);
}

/** 1 - erf(x), accurate in the right tail. */
export function erfc(x: number): number {
  if (!(x > 0.75)) return 1 - erf(x);
  // e^(-x²)/√π · 1/(x + (1/2)/(x + (2/2)/(x + (3/2)/…))) (Laplace), from the bottom up.
  let fraction = x;
  for (let n = Math.floor(20 + 180 / (x * x)); n >= 1; n--) fraction = x + (0.5 * n) / fraction;
  return (0.5 * TWO_OVER_SQRT_PI * expOfNegativeSquare(x)) / fraction;
}

function ratio(numerator: readonly number[], denominator: readonly number[], r: number): number {
  let top = 0;
  let bottom = 0;
  for (let i = numerator.length - 1; i >= 0; i--) {
    top = top * r + numerator[i];
    bottom = bottom * r + denominator[i];
  }
  return top / bottom;
}

// Rational approximations of the normal quantile: Wichura 1988, algorithm AS 241 (PPND16), Applied Statistics 37(3).
// biome-ignore format: a table
const CENTRE_TOP = [3.3871328727963665, 133.14166789178438, 1971.5909503065513, 13731.69376550946,
  45921.95393154987, 67265.7709270087, 33430.57558358813, 2509.0809287301227] as const;
// biome-ignore format: a table
const CENTRE_BOTTOM = [1, 42.31333070160091, 687.1870074920579, 5394.196021424751,
  21213.794301586597, 39307.89580009271, 28729.085735721943, 5226.495278852854] as const;
// biome-ignore format: a table
const MIDDLE_TOP = [1.4234371107496835, 4.630337846156546, 5.769497221460691, 3.6478483247632045,
  1.2704582524523684, 0.2417807251774506, 0.022723844989269184, 0.0007745450142783414] as const;
// biome-ignore format: a table
const MIDDLE_BOTTOM = [1, 2.053191626637759, 1.6763848301838038, 0.6897673349851,
  0.14810397642748008, 0.015198666563616457, 0.0005475938084995345, 1.0507500716444169e-9] as const;
// biome-ignore format: a table
const FAR_TOP = [6.657904643501103, 5.463784911164114, 1.7848265399172913, 0.29656057182850487,
  0.026532189526576124, 0.0012426609473880784, 2.7115555687434876e-5, 2.0103343992922881e-7] as const;
// biome-ignore format: a table
const FAR_BOTTOM = [1, 0.599832206555888, 0.1369298809227358, 0.014875361290850615,
  0.0007868691311456133, 1.8463183175100548e-5, 1.421511758316446e-7, 2.0442631033899397e-15] as const;

/** The quantile at probability 0.5 + centred, whose nearer tail holds the probability `tail`. */
function quantileOf(centred: number, tail: number): number {
  if (Math.abs(centred) <= 0.425) return centred * ratio(CENTRE_TOP, CENTRE_BOTTOM, 0.180625 - centred * centred);
  if (tail === 0) return centred > 0 ? Infinity : -Infinity;
  const r = Math.sqrt(-log(tail));
  const size = r <= 5 ? ratio(MIDDLE_TOP, MIDDLE_BOTTOM, r - 1.6) : ratio(FAR_TOP, FAR_BOTTOM, r - 5);
  return centred > 0 ? size : -size;
}

/** The standard normal quantile (inverse of the distribution function) at 0 <= p <= 1; NaN elsewhere. */
export function normalQuantile(p: number): number {
  if (!(p >= 0 && p <= 1)) return NaN;
  return quantileOf(p - 0.5, p < 0.5 ? p : 1 - p);
}

/** The standard normal distribution function. */
export function normalDistribution(x: number): number {
  return 0.5 * erfc(-x * Math.SQRT1_2);
}

/** The inverse of erf on [-1, 1]; NaN elsewhere. */
export function erfinv(x: number): number {
  if (!(x >= -1 && x <= 1)) return NaN;
  return quantileOf(0.5 * x, 0.5 * (1 - Math.abs(x))) * Math.SQRT1_2;
}
