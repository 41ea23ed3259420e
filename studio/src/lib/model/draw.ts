/** Numbers as pixels on a canvas: one pixel a number, then scaled without smoothing. */
import type { Pictures } from './source.ts';

/** An image of one pixel a byte. */
function image(bytes: ArrayLike<number>, width: number, height: number, map: Uint32Array): OffscreenCanvas {
  const pixels = new Uint32Array(width * height);
  for (let i = 0; i < pixels.length; i++) pixels[i] = map[bytes[i]];
  const canvas = new OffscreenCanvas(Math.max(1, width), Math.max(1, height));
  const data = new ImageData(new Uint8ClampedArray(pixels.buffer), width, height);
  canvas.getContext('2d')?.putImageData(data, 0, 0);
  return canvas;
}

/** The whole canvas as a matrix of bytes; row 0 on top. */
export function drawMatrix(
  canvas: HTMLCanvasElement,
  bytes: ArrayLike<number>,
  { width, height, map }: { width: number; height: number; map: Uint32Array },
): void {
  const context = canvas.getContext('2d');
  if (!context || width === 0 || height === 0) return;
  context.imageSmoothingEnabled = false;
  context.drawImage(image(bytes, width, height, map), 0, 0, canvas.width, canvas.height);
}

/** All heads, layers below each other, with `gap` device pixels between. */
export function drawPictures(
  canvas: HTMLCanvasElement,
  { layers, heads, cells, values }: Pictures,
  { map, gap }: { map: Uint32Array; gap: number },
): void {
  const context = canvas.getContext('2d');
  if (!context || values.length === 0) return;
  const side = (canvas.width - gap * (heads - 1)) / heads;
  context.clearRect(0, 0, canvas.width, canvas.height);
  // Shrinking is smoothed, or thin lines would come and go with the width; growing is not.
  context.imageSmoothingEnabled = side < cells;
  context.imageSmoothingQuality = 'medium';
  const atlas = image(values, cells, cells * layers * heads, map);
  for (let i = 0; i < layers * heads; i++) {
    const x = (i % heads) * (side + gap);
    const y = Math.floor(i / heads) * (side + gap);
    context.drawImage(atlas, 0, i * cells, cells, cells, x, y, side, side);
  }
}

/** round(255 √weight): the bytes of a pattern, as pictures have them. */
export function bytesOfWeights(weights: Float32Array): Uint8Array {
  return Uint8Array.from(weights, (weight) => Math.min(255, Math.round(255 * Math.sqrt(weight))));
}
