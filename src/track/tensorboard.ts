/**
 * TensorBoard event files in and out: the scalars in them, as rows.
 *
 * Read: `simple_value`, and scalar tensors of float, double, half, bfloat16 and whole numbers. Pictures, histograms,
 * texts and graphs are passed over. Written: `simple_value`, which is float32; texts have no place in it.
 * Format: tensorflow/core/util/event.proto, framework/summary.proto, framework/tensor.proto.
 */

import { LookbackError } from '../errors.ts';
import type { MetricRow } from './metrics.ts';
import { ProtoReader, ProtoWriter } from './protobuf.ts';
import { scalarOf } from './tensorboardTensor.ts';
import { readRecords, writeRecord } from './tfrecord.ts';

/** One scalar of an event. */
export interface TensorBoardScalar {
  readonly step: number;
  /** Seconds since 1970. */
  readonly time: number;
  readonly tag: string;
  readonly value: number;
}

/** SessionLog.START: the program began again, and everything from this step on no longer counts. */
export interface TensorBoardRestart {
  readonly restart: number;
}

/**
 * The scalars of an event file, in the order written. A torn last record is end of file.
 *
 * @param where what to call the file in an error
 * @throws FILE_INVALID with the byte at which the damaged record begins
 */
export function* readTensorBoard(
  file: Uint8Array,
  where = 'event file',
): Generator<TensorBoardScalar | TensorBoardRestart> {
  for (const { offset, data } of readRecords(file, where)) {
    let events: (TensorBoardScalar | TensorBoardRestart)[];
    try {
      events = readEvent(data);
    } catch (cause) {
      if (!(cause instanceof RangeError) && !(cause instanceof TypeError)) throw cause;
      throw new LookbackError('FILE_INVALID', {
        where: `${where}, byte ${offset}`,
        problem: `the record is no TensorBoard event: ${cause.message}`,
        next: 'Copy the file again',
        cause,
      });
    }
    yield* events;
  }
}

/** The scalars that no later restart voids. */
export function keptScalars(events: Iterable<TensorBoardScalar | TensorBoardRestart>): TensorBoardScalar[] {
  let scalars: TensorBoardScalar[] = [];
  for (const event of events) {
    if ('restart' in event) scalars = scalars.filter(({ step }) => step < event.restart);
    else scalars.push(event);
  }
  return scalars;
}

/** Event: wall_time 1 double, step 2 int64, summary 5, session_log 7. */
function readEvent(data: Uint8Array): (TensorBoardScalar | TensorBoardRestart)[] {
  let time = 0;
  let step = 0;
  const values: { tag: string; value: number }[] = [];
  let restarted = false;
  for (const field of new ProtoReader(data)) {
    if (field.number === 1) time = field.double();
    else if (field.number === 2) step = field.integer();
    else if (field.number === 5) values.push(...readSummary(field.bytes()));
    else if (field.number === 7) restarted = isStart(field.bytes());
  }
  if (!Number.isFinite(time)) throw new RangeError(`its time is ${time}`);
  if (restarted) return [{ restart: step }];
  return values.map(({ tag, value }) => ({ step, time, tag, value }));
}

/** SessionLog: status 1, of which START is 1. */
function isStart(data: Uint8Array): boolean {
  for (const field of new ProtoReader(data)) if (field.number === 1) return field.integer() === 1;
  return false;
}

/** Summary: repeated Value 1. Value: tag 1 string, simple_value 2 float, tensor 8. */
function readSummary(data: Uint8Array): { tag: string; value: number }[] {
  const values: { tag: string; value: number }[] = [];
  for (const entry of new ProtoReader(data)) {
    if (entry.number !== 1) continue;
    let tag = '';
    let value: number | undefined;
    for (const field of new ProtoReader(entry.bytes())) {
      if (field.number === 1) tag = field.text();
      else if (field.number === 2) value = field.float();
      else if (field.number === 8) value = scalarOf(field.bytes()) ?? value;
    }
    if (value !== undefined) values.push({ tag, value });
  }
  return values;
}

/**
 * The records of an event file that TensorBoard shows, the header first. Texts among the values are left out.
 *
 * The file's name must contain `tfevents`; {@link tensorBoardFileName} makes one.
 */
export function* writeTensorBoard(rows: Iterable<MetricRow>): Generator<Uint8Array> {
  let begun = false;
  for (const { step, time, values } of rows) {
    if (!begun) yield writeRecord(new ProtoWriter().double(1, time).text(3, 'brain.Event:2').finish());
    begun = true;
    const summary = new ProtoWriter();
    for (const [tag, value] of Object.entries(values)) {
      if (typeof value === 'number') summary.bytes(1, new ProtoWriter().text(1, tag).float(2, value).finish());
    }
    const written = summary.finish();
    // TensorBoard's steps are whole.
    if (written.length > 0) {
      yield writeRecord(new ProtoWriter().double(1, time).integer(2, Math.trunc(step)).bytes(5, written).finish());
    }
  }
  if (!begun) yield writeRecord(new ProtoWriter().double(1, 0).text(3, 'brain.Event:2').finish());
}

/** A name by which TensorBoard knows an event file. `time` in seconds since 1970. */
export function tensorBoardFileName(time: number): string {
  return `events.out.tfevents.${String(Math.max(0, Math.floor(time))).padStart(10, '0')}.lookback`;
}
