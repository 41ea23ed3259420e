/**
 * Server-sent events: what changes in the runs folder, as it changes. Looks every quarter of a second, and only while
 * somebody listens; the first look after a pause tells what happened meanwhile.
 *
 * Every event has a cursor, EPOCH.NUMBER; the epoch is this server's own. Who comes back with a cursor gets the events
 * after it from a buffer, or `reset` when they are gone or of another server.
 */
import type { MetricTable } from '../track/columns.ts';
import { Follower } from './live.ts';
import type { RunRow, StudioEvents } from './wire.ts';

/** The runs folder as events need it. */
export interface WatchedRuns {
  /** A row that has not changed is the same object. */
  readonly rows: readonly RunRow[];
  refresh(): void;
  table(name: string): MetricTable;
}

export interface EventsOptions {
  /** Milliseconds between two looks. */
  interval?: number;
  /** Told of what should not happen; the server goes on. */
  report?: (error: unknown) => void;
}

/** How much is kept for those who come back: events, and characters in all. */
const keptEvents = 2000;
const keptCharacters = 4_000_000;

/** A client this many events behind is let go; it comes back with its cursor. */
const mostBehind = 500;

/** A connection without anything to say sends a comment, so that a dead one is noticed; milliseconds. */
const heartbeat = 15_000;

const encoder = new TextEncoder();

type Client = ReadableStreamDefaultController<Uint8Array>;

export class StudioEventStream {
  readonly #runs: WatchedRuns;
  readonly #interval: number;
  readonly #report: (error: unknown) => void;
  readonly #epoch = crypto.randomUUID().slice(0, 8);
  readonly #clients = new Set<Client>();
  readonly #followers = new Map<string, Follower>();
  #known: Map<string, RunRow> | undefined;
  #kept: { number: number; text: string }[] = [];
  #characters = 0;
  #number = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #lastWord = 0;

  constructor(runs: WatchedRuns, { interval = 250, report = () => {} }: EventsOptions = {}) {
    this.#runs = runs;
    this.#interval = interval;
    this.#report = report;
  }

  /** The response to `GET api/events`. */
  connect(cursor?: string): Response {
    // So that what is old to the newcomer is not told as news.
    this.#look();
    let client: Client | undefined;
    const leave = () => {
      if (client) this.#clients.delete(client);
      if (this.#clients.size === 0) this.#pause();
    };
    const stream = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          client = controller;
          const missed = cursor === undefined ? [] : this.#since(cursor);
          const first = cursor === undefined ? 'hello' : missed ? undefined : 'reset';
          const opening = first ? [message(first, { cursor: this.#cursor }, this.#cursor)] : (missed ?? []);
          controller.enqueue(encoder.encode(`retry: 1000\n\n${opening.join('')}`));
          this.#clients.add(controller);
          this.#timer ??= setTimeout(() => this.#tick(), this.#interval);
        },
        cancel: leave,
      },
      { highWaterMark: mostBehind },
    );
    return new Response(stream, {
      headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store' },
    });
  }

  /** Ends every connection and stops looking. */
  close(): void {
    this.#pause();
    for (const client of this.#clients) client.close();
    this.#clients.clear();
  }

  get #cursor(): string {
    return `${this.#epoch}.${this.#number}`;
  }

  #pause(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #tick(): void {
    const begin = performance.now();
    this.#look();
    const now = performance.now();
    if (now - this.#lastWord > heartbeat) this.#broadcast(': still here\n\n');
    // A folder that is slow to look through is looked through less often.
    const wait = Math.max(this.#interval, 4 * (now - begin));
    this.#timer = this.#clients.size > 0 ? setTimeout(() => this.#tick(), wait) : undefined;
  }

  /** Compares the folder with what is known and tells the difference. */
  #look(): void {
    try {
      this.#runs.refresh();
      const known = this.#known;
      this.#known = new Map(this.#runs.rows.map((row) => [row.name, row]));
      if (known) {
        const changed = [...this.#known.values()].filter((row) => known.get(row.name) !== row);
        const removed = [...known.keys()].filter((name) => !this.#known?.has(name));
        if (changed.length + removed.length > 0) this.#tell('runs', { changed, removed });
      }
      for (const row of this.#known.values()) this.#follow(row, known);
      for (const name of this.#followers.keys()) if (!this.#known.has(name)) this.#followers.delete(name);
    } catch (error) {
      this.#report(error);
    }
  }

  #follow({ name, status }: RunRow, known: ReadonlyMap<string, RunRow> | undefined): void {
    const follower = this.#followers.get(name);
    if (!follower && status !== 'running') return;
    try {
      const table = this.#runs.table(name);
      if (follower) {
        const news = follower.take(table);
        if (news) this.#tell('metrics', { name, ...news });
        if (status !== 'running') this.#followers.delete(name);
        return;
      }
      // Of a run that has just appeared everything is new; of one that was there, or goes on, what comes from now on.
      const isNew = known !== undefined && !known.has(name);
      const first = new Follower(isNew ? undefined : table);
      this.#followers.set(name, first);
      const news = first.take(table);
      if (news) this.#tell('metrics', { name, ...news });
      else if (known?.has(name)) this.#tell('metrics', { name, rows: [], restart: true });
    } catch (error) {
      this.#followers.delete(name);
      this.#report(error);
    }
  }

  #tell<T extends keyof StudioEvents>(type: T, data: StudioEvents[T]): void {
    this.#number++;
    const text = message(type, data, this.#cursor);
    this.#kept.push({ number: this.#number, text });
    this.#characters += text.length;
    while (this.#kept.length > keptEvents || (this.#characters > keptCharacters && this.#kept.length > 1)) {
      this.#characters -= this.#kept.shift()?.text.length ?? 0;
    }
    this.#broadcast(text);
  }

  #broadcast(text: string): void {
    this.#lastWord = performance.now();
    const bytes = encoder.encode(text);
    for (const client of this.#clients) {
      if ((client.desiredSize ?? 0) > 0) {
        client.enqueue(bytes);
        continue;
      }
      this.#clients.delete(client);
      client.close();
    }
  }

  /** The events after a cursor; undefined when they are not known any more. */
  #since(cursor: string): string[] | undefined {
    const [, epoch, digits] = /^([\w-]+)\.(\d{1,15})$/.exec(cursor) ?? [];
    const number = Number(digits);
    if (epoch !== this.#epoch || number > this.#number) return undefined;
    const oldest = this.#kept[0]?.number ?? this.#number + 1;
    if (number < oldest - 1) return undefined;
    return this.#kept.flatMap((event) => (event.number > number ? event.text : []));
  }
}

/** JSON has no line feeds of its own, so one `data:` line holds it. */
function message<T extends keyof StudioEvents>(type: T, data: StudioEvents[T], id: string): string {
  return `id: ${id}\nevent: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
}
