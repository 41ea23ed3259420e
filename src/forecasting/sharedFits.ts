/**
 * Fits of single histories by model, so that a combination does not fit anew what its members were fitted to. Histories are
 * told apart by length, ends and two hashes of their bytes (64 bits), for each model is handed a copy of its own.
 */
/** What was found in one history: settings that JSON can hold, numbers by name. */
export interface LocalState {
  readonly settings: Readonly<Record<string, unknown>>;
  readonly numbers: Readonly<Record<string, Float64Array>>;
}

export class SharedFits {
  readonly #states = new Map<string, LocalState>();

  /** The state of `model` for a history and a season, made by `fit` the first time. A fit that throws is not kept. */
  of(model: string, history: Float64Array, period: number, fit: () => LocalState): LocalState {
    const key = `${model} ${period} ${keyOf(history)}`;
    const known = this.#states.get(key);
    if (known) return known;
    const state = fit();
    this.#states.set(key, state);
    return state;
  }
}

/** FNV-1a over 32-bit words, from two beginnings. */
function keyOf(history: Float64Array): string {
  const words = new Uint32Array(history.slice().buffer);
  let a = 0x811c9dc5;
  let b = 0x9747b28c;
  for (const word of words) {
    a = Math.imul(a ^ word, 0x01000193);
    a ^= a >>> 15;
    b = Math.imul(b ^ word, 0x85ebca6b);
    b ^= b >>> 13;
  }
  return `${history.length} ${history[0]} ${history[history.length - 1]} ${a >>> 0} ${b >>> 0}`;
}
