/**
 * Byte-pair encoding of one pre-token: again and again the pair of lowest rank merges, the leftmost of equals first.
 *
 * A short word is scanned for its best pair (quadratic, in a handful of integers); a long one keeps its pairs in buckets
 * by rank, so that ten megabytes of one letter take time in proportion to their length.
 */
import { type MergeRules, NEVER } from './rules.ts';

/** Parts up to which the scan is used. */
const shortWord = 48;

/** Where the parts of a word are collected; grows and is used again. */
export class MergeSpace {
  /** Token of each part. */
  ids = new Int32Array(64);
  /** First byte of each part, and the end of the last. */
  starts = new Int32Array(65);
  #ranks = new Int32Array(64);

  /** Makes room for `parts` parts. */
  reserve(parts: number): void {
    if (this.ids.length >= parts) return;
    this.ids = new Int32Array(parts);
    this.starts = new Int32Array(parts + 1);
  }

  /**
   * Merges the first `count` parts of `ids` and `starts`; returns how many are left, at the front of `ids`.
   * `onMerge` sees each merge as (part index at that time, rank).
   */
  merge(rules: MergeRules, bytes: Uint8Array, count: number, onMerge?: (part: number, rank: number) => void): number {
    if (count > shortWord && !onMerge) return mergeLong(rules, bytes, this.ids, this.starts, count);
    const { ids, starts } = this;
    if (this.#ranks.length < count) this.#ranks = new Int32Array(count);
    const ranks = this.#ranks;
    for (let i = 0; i + 1 < count; i++) ranks[i] = rules.rank(ids[i], ids[i + 1], bytes, starts[i], starts[i + 2]);
    for (;;) {
      let best = NEVER;
      let at = -1;
      for (let i = 0; i + 1 < count; i++) {
        if (ranks[i] < best) {
          best = ranks[i];
          at = i;
        }
      }
      if (at < 0) return count;
      onMerge?.(at, best);
      ids[at] = rules.token(best, bytes, starts[at], starts[at + 2]);
      count--;
      for (let i = at + 1; i < count; i++) {
        ids[i] = ids[i + 1];
        starts[i] = starts[i + 1];
        ranks[i] = ranks[i + 1];
      }
      starts[count] = starts[count + 1];
      if (at + 1 < count) ranks[at] = rules.rank(ids[at], ids[at + 1], bytes, starts[at], starts[at + 2]);
      if (at > 0) ranks[at - 1] = rules.rank(ids[at - 1], ids[at], bytes, starts[at - 1], starts[at + 1]);
    }
  }
}

/** The places of one rank, in the order they came; sorted before use when they came out of order. */
class Bucket {
  places = new Int32Array(4);
  length = 0;
  next = 0;
  sorted = true;
  queued = false;

  push(place: number): void {
    if (this.length === this.places.length) {
      if (this.next > this.length >> 1) {
        this.places.copyWithin(0, this.next, this.length);
        this.length -= this.next;
        this.next = 0;
      } else {
        const larger = new Int32Array(this.length * 2);
        larger.set(this.places);
        this.places = larger;
      }
    }
    if (this.length > this.next && this.places[this.length - 1] > place) this.sorted = false;
    this.places[this.length++] = place;
  }
}

function mergeLong(rules: MergeRules, bytes: Uint8Array, ids: Int32Array, starts: Int32Array, count: number): number {
  // Parts are a linked list over their first places; rankAt is the rank of a part with its follower.
  const before = new Int32Array(count + 1);
  const after = new Int32Array(count + 1);
  const rankAt = new Int32Array(count + 1).fill(NEVER);
  const buckets = new Map<number, Bucket>();
  const queue = new RankQueue();
  const offer = (place: number): number => {
    const next = after[place];
    const rank = next >= count ? NEVER : rules.rank(ids[place], ids[next], bytes, starts[place], starts[after[next]]);
    rankAt[place] = rank;
    if (rank === NEVER) return NEVER;
    let bucket = buckets.get(rank);
    if (!bucket) {
      bucket = new Bucket();
      buckets.set(rank, bucket);
    }
    bucket.push(place);
    if (!bucket.queued) {
      bucket.queued = true;
      queue.push(rank);
    }
    return rank;
  };
  for (let i = 0; i <= count; i++) {
    before[i] = i - 1;
    after[i] = i + 1;
  }
  for (let i = 0; i + 1 < count; i++) offer(i);
  while (queue.length > 0) {
    const rank = queue.pop();
    const bucket = buckets.get(rank) as Bucket;
    bucket.queued = false;
    let lowest = NEVER;
    while (bucket.next < bucket.length) {
      if (!bucket.sorted) {
        bucket.places.subarray(bucket.next, bucket.length).sort();
        bucket.sorted = true;
      }
      const place = bucket.places[bucket.next++];
      if (rankAt[place] !== rank) continue;
      const gone = after[place];
      after[place] = after[gone];
      ids[place] = rules.token(rank, bytes, starts[place], starts[after[gone]]);
      before[after[gone]] = place;
      rankAt[gone] = NEVER;
      lowest = offer(place);
      if (before[place] >= 0) lowest = Math.min(lowest, offer(before[place]));
      // A merge may allow one of lower rank, which then comes first.
      if (lowest < rank) break;
    }
    if (bucket.next < bucket.length) {
      if (!bucket.queued) queue.push(rank);
      bucket.queued = true;
    } else buckets.delete(rank);
  }
  let length = 0;
  for (let place = 0; place < count; place = after[place]) {
    ids[length] = ids[place];
    starts[length++] = starts[place];
  }
  starts[length] = starts[count];
  return length;
}

/** A binary heap of distinct ranks, the lowest first. */
class RankQueue {
  readonly #heap: number[] = [];

  get length(): number {
    return this.#heap.length;
  }

  push(rank: number): void {
    const heap = this.#heap;
    let i = heap.length;
    heap.push(rank);
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (heap[parent] <= rank) break;
      heap[i] = heap[parent];
      i = parent;
    }
    heap[i] = rank;
  }

  pop(): number {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop() as number;
    if (heap.length === 0) return top;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && heap[child + 1] < heap[child]) child++;
      if (heap[child] >= last) break;
      heap[i] = heap[child];
      i = child;
    }
    heap[i] = last;
    return top;
  }
}
