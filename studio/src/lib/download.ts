/** What the page shows, as a file of the reader's: SVG as it is, PNG from an SVG or a canvas. */

/** Device pixels of a PNG for each pixel of the figure. */
const scale = 2;

/** A file name of a title: letters, digits and dashes. */
export function fileName(title: string, extension: string): string {
  const plain = title.replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-|-$/g, '');
  return `${plain.slice(0, 80) || 'lookback'}.${extension}`;
}

export function save(name: string, blob: Blob): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // The browser has the blob once the click is over, but may read it a moment later.
  window.setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

export const saveSvg = (title: string, svg: string): void =>
  save(fileName(title, 'svg'), new Blob([svg], { type: 'image/svg+xml' }));

/** @param svg with width and height of its own */
export async function saveSvgAsPng(title: string, svg: string): Promise<void> {
  const address = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
  try {
    const image = new Image();
    image.src = address;
    await image.decode();
    const canvas = document.createElement('canvas');
    canvas.width = image.width * scale;
    canvas.height = image.height * scale;
    canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
    await saveCanvas(title, canvas);
  } finally {
    URL.revokeObjectURL(address);
  }
}

/** A canvas as a PNG; nothing for an empty one. */
export async function saveCanvas(title: string, canvas: HTMLCanvasElement): Promise<void> {
  const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/png'));
  if (blob) save(fileName(title, 'png'), blob);
}
