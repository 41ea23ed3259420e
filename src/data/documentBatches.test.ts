import { describe, expect, it } from 'vitest';
import { Random } from '../random.ts';
import { integerBelow } from './batches.ts';
import { allDocuments, DocumentTokens, documentWindows, drawDocuments, ignoredTarget } from './documentBatches.ts';

const random = new Random(3, 'documents');
const lengths = [5, 1, 0, 9, 2, 30, 1, 3, 17, 4];
const offsets = [0];
for (const length of lengths) offsets.push(offsets[offsets.length - 1] + length);
// Ids say where they stand, so that a row shows what it was made from.
const source = new DocumentTokens(
  Int32Array.from({ length: offsets[lengths.length] }, (_, i) => i),
  offsets,
);

describe('documents', () => {
  it('know where they begin and end', () => {
    for (let d = 0; d < lengths.length; d++) {
      for (let at = offsets[d]; at < offsets[d + 1]; at++) {
        expect(source.documentAt(at)).toEqual([offsets[d], offsets[d + 1]]);
      }
    }
    expect(() => new DocumentTokens(new Int32Array(3), [0, 2])).toThrow(/rising from 0 to 3/);
    expect(() => new DocumentTokens(new Int32Array(3), [0, 3, 2, 3])).toThrow(/rising/);
  });

  it('mark the windows of a stream', () => {
    const batch = documentWindows(source, [3, 60], 6);
    expect([...batch.inputs.subarray(0, 6)]).toEqual([3, 4, 5, 6, 7, 8]);
    // 4 ends the first document and 5 is one by itself: nothing follows either.
    expect([...batch.targets.subarray(0, 6)]).toEqual([4, ignoredTarget, ignoredTarget, 7, 8, 9]);
    expect([...batch.documents.subarray(0, 6)]).toEqual([0, 0, 1, 2, 2, 2]);
    expect([...batch.positions.subarray(0, 6)]).toEqual([0, 1, 0, 0, 1, 2]);
    expect(batch.count).toBe(4 + 6);
  });

  it('all come once, each id but the first of a document predicted from the one before', () => {
    for (const rows of [1, 3]) {
      const predicted: number[] = [];
      for (const batch of allDocuments(source, { rows, context: 8 })) {
        expect(batch.rows).toBeLessThanOrEqual(rows);
        let count = 0;
        batch.targets.forEach((target, i) => {
          if (target === ignoredTarget) return;
          expect(target).toBe(batch.inputs[i] + 1);
          expect(batch.documents[i]).toBeGreaterThanOrEqual(0);
          predicted.push(target);
          count++;
        });
        expect(batch.count).toBe(count);
      }
      const all = Array.from(source.ids).filter((id) => !offsets.includes(id));
      expect(predicted.sort((a, b) => a - b)).toEqual(all);
    }
  });

  it('are drawn by the stream of chance alone, whole where they fit', () => {
    const settings = () => ({ rows: 4, context: 16, random: new Random(1, 'step 9') });
    const batch = drawDocuments(source, settings());
    expect(drawDocuments(source, settings())).toEqual(batch);
    expect(drawDocuments(source, { ...settings(), random: random.split('x') })).not.toEqual(batch);
    for (let i = 0; i < batch.documents.length; i++) {
      const [begin, end] = source.documentAt(batch.inputs[i]);
      if (batch.documents[i] < 0) expect(batch.targets[i]).toBe(ignoredTarget);
      else if (batch.positions[i] === 0) expect((batch.inputs[i] - begin) % 16).toBe(0);
      if (batch.documents[i] >= 0) expect(batch.targets[i]).toBeLessThan(end);
    }
    const single = new DocumentTokens(Int32Array.of(1, 2, 3), [0, 1, 2, 3]);
    expect(() => drawDocuments(single, settings())).toThrow(/two ids or more/);
  });
});

it('draws evenly below numbers of more than 32 bits', () => {
  const n = 3 * 2 ** 32;
  const drawn = Array.from({ length: 3000 }, () => integerBelow(random, n));
  expect(drawn.every((x) => Number.isInteger(x) && x >= 0 && x < n)).toBe(true);
  for (const part of [0, 1, 2]) {
    const share = drawn.filter((x) => Math.floor(x / 2 ** 32) === part).length / drawn.length;
    expect(Math.abs(share - 1 / 3)).toBeLessThan(0.04);
  }
});
