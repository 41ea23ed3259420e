/**
 * The runs as the server sees them, kept up to date by its events. One connection for the whole page; when it breaks,
 * `connection` says so and it is opened again from the last cursor until a server answers.
 */
import type { RunRow, StudioEvents } from '../../../src/server/wire.ts';
import { ApiFailure, getRuns, messageOf } from './api.ts';

type MetricsEvent = StudioEvents['metrics'];

/** `refused`: a server answers, but not to us: its address with the token must be opened again. */
export type Connection = 'connecting' | 'live' | 'away' | 'refused';

const retryMilliseconds = 1000;

class Live {
  /** Newest first. */
  runs = $state.raw<readonly RunRow[]>([]);
  root = $state('');
  /** Whether the first list has come. */
  loaded = $state(false);
  /** Why the list could not be loaded, while it could not. */
  problem = $state<string | undefined>(undefined);
  connection = $state<Connection>('connecting');
  /** Seconds matter to what is running: the present, once a second. */
  now = $state(Date.now());
  /** Raised when everything must be loaded anew: after a reset or a break. */
  generation = $state(0);

  #source: EventSource | undefined;
  #cursor: string | undefined;
  #retry: number | undefined;
  /** Changes told while the list is on its way: it may have been read before them. */
  #early: StudioEvents['runs'][] | undefined;
  readonly #listeners = new Set<(event: MetricsEvent) => void>();

  start(): void {
    this.#connect();
    window.setInterval(() => {
      this.now = Date.now();
    }, 1000);
  }

  row(name: string): RunRow | undefined {
    return this.runs.find((run) => run.name === name);
  }

  /** Calls back with every batch of new rows, until the function it returns is called. */
  onMetrics(listener: (event: MetricsEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #connect(): void {
    window.clearTimeout(this.#retry);
    this.#source?.close();
    const query = this.#cursor === undefined ? '' : `?cursor=${encodeURIComponent(this.#cursor)}`;
    const source = new EventSource(`api/events${query}`);
    this.#source = source;
    const on = <K extends keyof StudioEvents>(type: K, handle: (data: StudioEvents[K]) => void) =>
      source.addEventListener(type, (event: MessageEvent<string>) => {
        if (event.lastEventId) this.#cursor = event.lastEventId;
        handle(JSON.parse(event.data) as StudioEvents[K]);
      });
    on('hello', ({ cursor }) => this.#open(cursor));
    on('reset', ({ cursor }) => this.#open(cursor));
    on('runs', ({ changed, removed }) => this.#change(changed, removed));
    on('metrics', (event) => {
      for (const listener of this.#listeners) listener(event);
    });
    source.onopen = () => {
      // A connection that goes on from a cursor says no hello: it has only missed events to tell.
      if (this.loaded) this.connection = 'live';
    };
    source.onerror = () => {
      // The browser's own retry gives up on some answers and waits long on others.
      source.close();
      if (this.connection !== 'refused') this.connection = 'away';
      this.#retry = window.setTimeout(() => void this.#again(), retryMilliseconds);
    };
  }

  async #again(): Promise<void> {
    await this.#load();
    this.#connect();
  }

  #open(cursor: string): void {
    this.#cursor = cursor;
    void this.#load().then(() => this.generation++);
  }

  async #load(): Promise<void> {
    const early: StudioEvents['runs'][] = [];
    this.#early = early;
    try {
      const { runs, root } = await getRuns();
      this.#replace(runs);
      this.#early = undefined;
      for (const { changed, removed } of early) this.#change(changed, removed);
      this.root = root;
      this.loaded = true;
      this.problem = undefined;
      if (this.#source?.readyState === EventSource.OPEN) this.connection = 'live';
    } catch (error) {
      const refused = error instanceof ApiFailure && error.code === 'FORBIDDEN';
      this.connection = refused ? 'refused' : 'away';
      this.problem = messageOf(error);
    }
  }

  #change(changed: RunRow[], removed: string[]): void {
    this.#early?.push({ changed, removed });
    const byName = new Map(this.runs.map((run) => [run.name, run]));
    for (const name of removed) byName.delete(name);
    for (const run of changed) byName.set(run.name, run);
    this.#replace([...byName.values()]);
  }

  #replace(runs: readonly RunRow[]): void {
    this.runs = [...runs].sort((a, b) => b.started.localeCompare(a.started) || a.name.localeCompare(b.name));
  }
}

export const live = new Live();
