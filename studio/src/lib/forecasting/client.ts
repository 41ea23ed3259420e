/**
 * A table and the worker that computes on it. Stopping ends the worker; the next question starts another and gives it
 * the table again.
 */
import type { DecimalMark } from '../../../../src/data/decimals.ts';
import type { Row } from '../../../../src/forecasting/index.ts';
import { longestFile } from './limits.ts';
import type { ParquetAnswer } from './parquetWorker.ts';
import type { Answers, FromWorker, Progress, Request, ToWorker } from './protocol.ts';

/** A failure with the library's code, `STOPPED` after a stop, or `INTERNAL`. */
export class TableFailure extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

const stopped = () => new TableFailure('STOPPED', 'Stopped.');

interface Waiting {
  resolve: (answer: Answers[keyof Answers]) => void;
  reject: (error: TableFailure) => void;
  progress?: (progress: Progress) => void;
}

export class TableClient {
  #worker: Worker | undefined;
  #waiting = new Map<number, Waiting>();
  #last = 0;
  #read: Promise<Answers['read']> | undefined;
  /** Counts the stops, so that what was begun before one does not go on after it. */
  #turn = 0;

  constructor(
    readonly name: string,
    private readonly source: Blob,
    /** The decimal mark, where the table leaves it open. */
    readonly decimal?: DecimalMark,
  ) {}

  /** The table as read. @throws TableFailure for what holds no table, or too much. */
  read(): Promise<Answers['read']> {
    this.#read ??= this.#open();
    return this.#read;
  }

  async ask<K extends Exclude<Request['kind'], 'read'>>(
    request: Extract<Request, { kind: K }>,
    progress?: (progress: Progress) => void,
  ): Promise<Answers[K]> {
    const turn = this.#turn;
    await this.read();
    if (this.#turn !== turn) throw stopped();
    return (await this.#send(request, progress)) as Answers[K];
  }

  /** Ends what goes on; its questions fail with `STOPPED`. */
  stop(): void {
    this.#end(stopped());
  }

  async #open(): Promise<Answers['read']> {
    const { name, source, decimal } = this;
    const turn = this.#turn;
    if (source.size > longestFile) {
      const found = `${(source.size / 2 ** 20).toFixed(0)} MiB`;
      const most = `${longestFile >> 20} MiB`;
      throw new TableFailure(
        'DATA_INVALID',
        `${name}: expected at most ${most}, got ${found}. Cut the table, or use lookback forecast, which has no limit.`,
      );
    }
    const start = new Uint8Array(await source.slice(0, 4).arrayBuffer());
    const rows = String.fromCharCode(...start) === 'PAR1' ? await readParquet(name, source) : undefined;
    // Inline, since a page opened from a disk can load no worker's file; the library comes with the first table.
    const { default: ForecastWorker } = await import('./worker.ts?worker&inline');
    if (this.#turn !== turn) throw stopped();
    this.#worker = this.#start(new ForecastWorker());
    return (await this.#send({ kind: 'read', name, source: rows ?? source, decimal })) as Answers['read'];
  }

  #send(request: Request, progress?: (progress: Progress) => void): Promise<Answers[keyof Answers]> {
    const number = ++this.#last;
    this.#worker?.postMessage({ number, request } satisfies ToWorker);
    return new Promise((resolve, reject) => this.#waiting.set(number, { resolve, reject, progress }));
  }

  #start(worker: Worker): Worker {
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
      const waiting = this.#waiting.get(data.number);
      if (data.kind === 'progress') return waiting?.progress?.(data.progress);
      this.#waiting.delete(data.number);
      if (data.kind === 'answer') waiting?.resolve(data.answer);
      else waiting?.reject(new TableFailure(data.code, data.message));
    };
    worker.onerror = (event) =>
      this.#end(new TableFailure('INTERNAL', event.message || 'The browser did not start the worker.'));
    return worker;
  }

  #end(error: TableFailure): void {
    this.#turn++;
    this.#worker?.terminate();
    this.#worker = undefined;
    this.#read = undefined;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) reject(error);
  }
}

async function readParquet(name: string, file: Blob): Promise<Row[]> {
  const { default: ParquetWorker } = await import('./parquetWorker.ts?worker&inline');
  const worker = new ParquetWorker();
  try {
    const answer = await new Promise<ParquetAnswer>((resolve) => {
      worker.onmessage = ({ data }: MessageEvent<ParquetAnswer>) => resolve(data);
      worker.onerror = (event) => resolve({ code: 'INTERNAL', message: event.message || 'The worker did not start.' });
      worker.postMessage({ name, file });
    });
    if ('rows' in answer) return answer.rows;
    throw new TableFailure(answer.code, answer.message);
  } finally {
    worker.terminate();
  }
}
