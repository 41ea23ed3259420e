import type { PeerFigureLine, PeerOptions } from './burst.mjs';
export function measure(
  tf: unknown,
  wasm: unknown,
  options: PeerOptions & { files: string },
): AsyncGenerator<PeerFigureLine>;
