/**
 * bfloat16, the upper half of a float32: 8 bits of precision and float32's range. A storage format: nothing computes in
 * it. Rounds to nearest, ties to even, by way of float32; every NaN becomes 0x7fc0. kernels/bf16.hpp does the same.
 */

const one = new Float32Array(1);
const oneBits = new Uint32Array(one.buffer);

/** The bits of the nearest bfloat16 of each value. */
export function toBfloat16(values: ArrayLike<number>): Uint16Array {
  const floats = values instanceof Float32Array ? values : Float32Array.from(values);
  const bits = new Uint32Array(floats.buffer, floats.byteOffset, floats.length);
  const halves = new Uint16Array(bits.length);
  for (let i = 0; i < bits.length; i++) halves[i] = narrow(bits[i]);
  return halves;
}

/** The values of bfloat16s by their bits; exact. */
export function fromBfloat16(halves: Uint16Array): Float32Array {
  const bits = new Uint32Array(halves.length);
  for (let i = 0; i < bits.length; i++) bits[i] = halves[i] << 16;
  return new Float32Array(bits.buffer);
}

/** The nearest bfloat16 as a number. */
export function roundToBfloat16(value: number): number {
  one[0] = value;
  oneBits[0] = narrow(oneBits[0]) << 16;
  return one[0];
}

function narrow(bits: number): number {
  if ((bits & 0x7fffffff) > 0x7f800000) return 0x7fc0;
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff;
}
