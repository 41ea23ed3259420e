import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LookbackError } from '../errors.ts';
import type { MetricRow } from './metrics.ts';
import { keptScalars, readTensorBoard, tensorBoardFileName, writeTensorBoard } from './tensorboard.ts';
import { crc32c, writeRecord } from './tfrecord.ts';
import { rowsOfScalars } from './transfer.ts';

/** Written by tensorboard 2.21: scalars in every encoding, a vector, a text, hostile tags, a restart, a large step. */
const written = Buffer.from(
  'SAAAAAAAAAD+kkidCe1qwu7MwNpBGg1icmFpbi5FdmVudDoyUi4KLHRlbnNvcmJvYXJkLnN1bW1hcnkud3JpdGVyLmV2ZW50X2ZpbGVfd3JpdGVyb/iaDBoAAAAAAAAAEpvYLQkAAGBA/FTZQRABKg0KCwoEbG9zcxUAACBAL0R9HTgBAAAAAAAApUntjwkAAKBA/FTZQRACKqoCCh8KBGxvc3NCCggBEgAqBAAAoD9KCwoJCgdzY2FsYXJzCiIKB2NvbnRlbnRCCggBEgAiBAAAQD9KCwoJCgdzY2FsYXJzCiIKA2RibEIOCAISADIImpmZmZmZuT9KCwoJCgdzY2FsYXJzCiMKBGRibGNCDggCEgAiCJqZmZmZmbk/SgsKCQoHc2NhbGFycwoZCgR6ZXJvQgQIARIASgsKCQoHc2NhbGFycwokCgNpNjRCEAgJEgBSCvn//////////wFKCwoJCgdzY2FsYXJzCh0KBGhhbGZCCAgTEgBqAoB4SgsKCQoHc2NhbGFycwobCgJiZkIICA4SAGoCwH9KCwoJCgdzY2FsYXJzCh0KBHRleHRCCAgHEgBCAmhpSgsKCQoHc2NhbGFycy0QRh1FAAAAAAAAAOvmaLAJAADgQPxU2UEQAyo4ChwKBnZlY3RvckISCAESBBICCAIqCAAAgD8AAABACgwKBTxiPsOpFQAAwH8KCgoDaW5mFQAAgH8iZtOeDwAAAAAAAABtUysJCQAAQEL8VNlBEAM6AggBliZajh0AAAAAAAAAYC/fIwkAAAjwRILxQRCAvMGWCyoMCgoKA2JpZxUAAIA/b4RaAA==',
  'base64',
);

const joined = (rows: readonly MetricRow[]) => new Uint8Array(Buffer.concat([...writeTensorBoard(rows)]));

test('CRC-32C is that of RFC 3720', () => {
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
  expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283);
});

test("TensorBoard's own file is read: scalars however they are encoded, and nothing else", () => {
  const events = [...readTensorBoard(written)];
  const at2 = { step: 2, time: 1700000002.5 };
  expect(events).toEqual([
    { step: 1, time: 1700000001.5, tag: 'loss', value: 2.5 },
    { ...at2, tag: 'loss', value: 1.25 },
    { ...at2, tag: 'content', value: 0.75 },
    { ...at2, tag: 'dbl', value: 0.1 },
    { ...at2, tag: 'dblc', value: 0.1 },
    { ...at2, tag: 'zero', value: 0 },
    { ...at2, tag: 'i64', value: -7 },
    { ...at2, tag: 'half', value: 1 },
    { ...at2, tag: 'bf', value: 1.5 },
    { step: 3, time: 1700000003.5, tag: '<b>é', value: Number.NaN },
    { step: 3, time: 1700000003.5, tag: 'inf', value: Infinity },
    { restart: 3 },
    { step: 3_000_000_000, time: 4700000000.5, tag: 'big', value: 1 },
  ]);
  expect(rowsOfScalars(keptScalars(events)).map(({ step }) => step)).toEqual([1, 2, 3_000_000_000]);
});

test('what is written comes back, to float32', () => {
  const value = fc.oneof(fc.float(), fc.constant('a text'));
  const row = fc.record({
    step: fc.integer({ min: -5, max: 2 ** 40 }),
    time: fc.double({ noNaN: true, noDefaultInfinity: true }),
    values: fc.dictionary(fc.string({ unit: 'grapheme' }), value, { noNullPrototype: true }),
  });
  fc.assert(
    fc.property(fc.array(row, { maxLength: 20 }), (rows) => {
      const scalars = rows.flatMap(({ step, time, values }) =>
        Object.entries(values).flatMap(([tag, each]) =>
          typeof each === 'number' ? [{ step, time, tag, value: each }] : [],
        ),
      );
      expect([...readTensorBoard(joined(rows))]).toEqual(scalars);
    }),
    { seed: 3, numRuns: 200 },
  );
  expect(tensorBoardFileName(1700000000.9)).toBe('events.out.tfevents.1700000000.lookback');
});

test('a file torn anywhere gives the whole records before the tear', () => {
  const rows = [1, 2, 3].map((step) => ({ step, time: step, values: { loss: step } }));
  const file = joined(rows);
  for (let length = 0; length < file.length; length++) {
    const steps = [...readTensorBoard(file.subarray(0, length))].map((event) => 'step' in event && event.step);
    expect(steps).toEqual([1, 2, 3].slice(0, steps.length));
    expect(steps.length).toBeLessThan(3);
  }
});

test('any flipped bit is found, with its record', () => {
  const file = joined([1, 2, 3].map((step) => ({ step, time: step, values: { loss: step } })));
  for (let bit = 0; bit < file.length * 8; bit += 5) {
    const damaged = file.slice();
    damaged[bit >> 3] ^= 1 << (bit & 7);
    expect(() => [...readTensorBoard(damaged, 'f')]).toThrow(
      /^f, byte \d+: the checksum of the record's (length|data)/,
    );
  }
});

test('any bytes in a record with the right sums give scalars or FILE_INVALID, never another error', () => {
  const [whole] = [...writeTensorBoard([{ step: 5, time: 1, values: { loss: 1, '<b>': 2 } }])].slice(1);
  const data = whole.subarray(12, -4);
  const damaged = fc
    .tuple(fc.array(fc.tuple(fc.nat(data.length - 1), fc.nat(255)), { maxLength: 6 }))
    .map(([changes]) => {
      const copy = data.slice();
      for (const [at, byte] of changes) copy[at] = byte;
      return copy;
    });
  let refused = 0;
  fc.assert(
    fc.property(fc.oneof(damaged, fc.uint8Array({ maxLength: 60 })), (bytes) => {
      try {
        for (const event of readTensorBoard(writeRecord(bytes))) expect(typeof event).toBe('object');
      } catch (error) {
        refused++;
        expect(error).toBeInstanceOf(LookbackError);
        expect((error as LookbackError).code).toBe('FILE_INVALID');
      }
    }),
    { seed: 5, numRuns: 2000 },
  );
  expect(refused).toBeGreaterThan(100);
  expect(() => [...readTensorBoard(new TextEncoder().encode('step,loss\n1,2\n3,4\n'))]).toThrow(/byte 0/);
});
