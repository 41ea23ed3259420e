/**
 * The curves the page has asked for, by run and metric: loaded together when panels need them, grown by the server's
 * events, loaded closer where the reader zooms in. Forgets everything when the connection was reset.
 */
import { SvelteMap } from 'svelte/reactivity';
import type { CurveColumns } from '../../../src/server/curves.ts';
import type { LiveRow } from '../../../src/server/wire.ts';
import { getManyCurves } from './api.ts';
import { appendRows, noColumns, withDetail } from './curves.ts';
import { live } from './live.svelte.ts';

/** Points asked for of a whole curve, and of a part looked at closely: more than a panel has pixels. */
const points = 1000;

/** A live curve may grow to this many before pairs of its points become one. */
const mostPoints = 4 * points;

const key = (name: string, metric: string): string => `${name}\n${metric}`;

class CurveStore {
  readonly #curves = new SvelteMap<string, CurveColumns>();
  /** The part of a curve in the range looked at, more finely. */
  readonly #details = new SvelteMap<string, CurveColumns>();
  readonly #asked = new Set<string>();
  /** Rows that came while a curve was on its way: it may have been read before them. */
  readonly #early = new Map<string, LiveRow[]>();
  #generation = 0;
  #focus = 0;

  constructor() {
    live.onMetrics(({ name, rows, restart }) => {
      for (const id of [...this.#asked]) {
        const [of, metric] = id.split('\n');
        if (of !== name) continue;
        if (restart) {
          this.#asked.delete(id);
          this.#details.delete(id);
          void this.need([name], [metric]);
          continue;
        }
        this.#early.get(id)?.push(...rows);
        const curve = this.#curves.get(id);
        if (!curve) continue;
        const grown = appendRows(curve, metric, rows, mostPoints);
        if (grown !== curve) this.#curves.set(id, grown);
      }
    });
  }

  /** What is known of a curve; undefined until it has come, then empty for a run without the metric. */
  get(name: string, metric: string): CurveColumns | undefined {
    const id = key(name, metric);
    const whole = this.#curves.get(id);
    const detail = this.#details.get(id);
    return whole && detail ? withDetail(whole, detail) : whole;
  }

  /** The whole curve, without a closer look. */
  whole(name: string, metric: string): CurveColumns | undefined {
    return this.#curves.get(key(name, metric));
  }

  /** Loads the curves that have not been asked for yet: in one request where the same metrics are missing. */
  async need(names: readonly string[], metrics: readonly string[]): Promise<void> {
    if (this.#generation !== live.generation) {
      this.#generation = live.generation;
      this.#asked.clear();
      this.#details.clear();
    }
    const batches = new Map<string, { names: string[]; metrics: string[] }>();
    for (const name of names) {
      const missing = metrics.filter((metric) => !this.#asked.has(key(name, metric)));
      if (missing.length === 0) continue;
      const batch = batches.get(missing.join('\n'));
      if (batch) batch.names.push(name);
      else batches.set(missing.join('\n'), { names: [name], metrics: missing });
    }
    await Promise.all([...batches.values()].map((batch) => this.#load(batch.names, batch.metrics)));
  }

  async #load(names: readonly string[], metrics: readonly string[]): Promise<void> {
    const ids = names.flatMap((name) => metrics.map((metric) => key(name, metric)));
    for (const id of ids) {
      this.#asked.add(id);
      this.#early.set(id, []);
    }
    try {
      const found = await getManyCurves({ runs: names.map((name) => ({ name })), metrics: [...metrics], points });
      const curves = new Map(found.map((curve) => [key(curve.run, curve.metric), curve]));
      for (const id of ids) {
        const [, metric] = id.split('\n');
        this.#curves.set(id, appendRows(curves.get(id) ?? noColumns, metric, this.#early.get(id) ?? [], mostPoints));
      }
    } catch {
      // The banner tells of a server that is away; a run that cannot be read tells in its row.
      for (const id of ids) {
        this.#asked.delete(id);
        if (!this.#curves.has(id)) this.#curves.set(id, noColumns);
      }
    } finally {
      for (const id of ids) this.#early.delete(id);
    }
  }

  /** Looks at whole curves again. */
  unfocus(): void {
    this.#focus++;
    this.#details.clear();
  }

  /** Loads finer curves for steps of each run, where the whole ones were thinned out; a later call takes over. */
  async refine(runs: readonly { name: string; from: number; to: number }[], metric: string): Promise<void> {
    const focus = this.#focus;
    const thinned = runs.filter(({ name }) => (this.whole(name, metric)?.steps.length ?? 0) >= points / 2);
    if (thinned.length === 0) return;
    const found = await getManyCurves({ runs: [...thinned], metrics: [metric], points }).catch(() => []);
    if (this.#focus !== focus) return;
    for (const curve of found) this.#details.set(key(curve.run, curve.metric), curve);
  }

  /** Before a new range: answers to earlier ones no longer count, what they brought stays until then. */
  refocus(): void {
    this.#focus++;
  }
}

export const curveStore = new CurveStore();
