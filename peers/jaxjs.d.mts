import type { PeerFigureLine, PeerOptions } from './burst.mjs';
export function measure(jax: unknown, options: PeerOptions): AsyncGenerator<PeerFigureLine>;
