/**
 * Pairs of neighbouring tokens while merges are learned: how often each stands in the corpus, and in which words. Typed
 * arrays throughout; the list of words of a pair is a chain of entries that are used again once the pair has merged.
 */
export class PairTable {
  size = 0;
  left = new Int32Array(1 << 16);
  right = new Int32Array(1 << 16);
  counts = new Float64Array(1 << 16);
  /** First entry of each pair's chain, -1 for none. */
  #heads = new Int32Array(1 << 16);
  #slots = new Int32Array(1 << 17).fill(-1);
  #mask = (1 << 17) - 1;
  #words = new Int32Array(1 << 18);
  #next = new Int32Array(1 << 18);
  #used = 0;
  #free = -1;

  /** Index of a pair, made if there is none. */
  index(left: number, right: number): number {
    let slot = hashPair(left, right) & this.#mask;
    for (; ; slot = (slot + 1) & this.#mask) {
      const found = this.#slots[slot];
      if (found < 0) break;
      if (this.left[found] === left && this.right[found] === right) return found;
    }
    if (this.size === this.left.length) {
      this.left = doubled(this.left);
      this.right = doubled(this.right);
      this.#heads = doubled(this.#heads);
      const counts = new Float64Array(this.size * 2);
      counts.set(this.counts);
      this.counts = counts;
    }
    const index = this.size++;
    this.left[index] = left;
    this.right[index] = right;
    this.#heads[index] = -1;
    this.#slots[slot] = index;
    if (this.size * 2 > this.#mask) this.#grow();
    return index;
  }

  #grow(): void {
    this.#slots = new Int32Array(this.#slots.length * 2).fill(-1);
    this.#mask = this.#slots.length - 1;
    for (let index = 0; index < this.size; index++) {
      let slot = hashPair(this.left[index], this.right[index]) & this.#mask;
      while (this.#slots[slot] >= 0) slot = (slot + 1) & this.#mask;
      this.#slots[slot] = index;
    }
  }

  /** Notes that a pair stands in `word`; twice in a row is noted once. */
  addWord(index: number, word: number): void {
    const head = this.#heads[index];
    if (head >= 0 && this.#words[head] === word) return;
    let entry = this.#free;
    if (entry >= 0) this.#free = this.#next[entry];
    else {
      if (this.#used === this.#words.length) {
        this.#words = doubled(this.#words);
        this.#next = doubled(this.#next);
      }
      entry = this.#used++;
    }
    this.#words[entry] = word;
    this.#next[entry] = head;
    this.#heads[index] = entry;
  }

  /** Calls `visit` with each word of a pair, and forgets them. */
  takeWords(index: number, visit: (word: number) => void): void {
    let entry = this.#heads[index];
    this.#heads[index] = -1;
    while (entry >= 0) {
      visit(this.#words[entry]);
      const next = this.#next[entry];
      this.#next[entry] = this.#free;
      this.#free = entry;
      entry = next;
    }
  }
}

function hashPair(left: number, right: number): number {
  const mixed = Math.imul(left, 0x9e3779b1) ^ Math.imul(right + 0x7f4a7c15, 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
}

function doubled(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(array.length * 2);
  larger.set(array);
  return larger;
}
