/**
 * The curves the page has asked for, by run and metric: loaded when a panel needs them, grown by the server's events,
 * loaded closer when the reader zooms in. Forgets everything when the connection was reset.
 */
import { SvelteMap } from 'svelte/reactivity';
import type { LiveRow, MetricCurve } from '../../../src/server/wire.ts';
import { getCurves } from './api.ts';
import { appendRows } from './curves.ts';
import { live } from './live.svelte.ts';

/** Points asked for of a whole curve, and of a part looked at closely. */
const points = 2000;

const none: MetricCurve = { step: [], time: [], last: [], min: [], max: [] };

const key = (name: string, metric: string): string => `${name}\n${metric}`;

class CurveStore {
  readonly #curves = new SvelteMap<string, MetricCurve>();
  /** The part of a curve in the range looked at, more finely. */
  readonly #details = new SvelteMap<string, MetricCurve>();
  readonly #asked = new Set<string>();
  /** Rows that came while a curve was on its way: it may have been read before them. */
  readonly #early = new Map<string, LiveRow[]>();
  #generation = 0;
  #range: readonly [number, number] | undefined;

  constructor() {
    live.onMetrics(({ name, rows, restart }) => {
      for (const id of [...this.#asked]) {
        const [of, metric] = id.split('\n');
        if (of !== name) continue;
        if (restart) {
          this.#asked.delete(id);
          void this.need([name], metric);
          continue;
        }
        this.#early.get(id)?.push(...rows);
        const curve = this.#curves.get(id);
        if (!curve) continue;
        const grown = appendRows(curve, metric, rows, 2 * points);
        if (grown !== curve) this.#curves.set(id, grown);
      }
    });
  }

  /** What is known of a curve; undefined until it has come, then empty for a run without the metric. */
  get(name: string, metric: string): MetricCurve | undefined {
    return this.#details.get(key(name, metric)) ?? this.#curves.get(key(name, metric));
  }

  /** Loads the curves of a metric that have not been asked for yet. */
  async need(names: readonly string[], metric: string): Promise<void> {
    if (this.#generation !== live.generation) {
      this.#generation = live.generation;
      this.#asked.clear();
    }
    const missing = names.filter((name) => !this.#asked.has(key(name, metric)));
    for (const name of missing) {
      this.#asked.add(key(name, metric));
      this.#early.set(key(name, metric), []);
    }
    await Promise.all(
      missing.map(async (name) => {
        const id = key(name, metric);
        try {
          const { [metric]: curve = none } = await getCurves(name, [metric], points);
          this.#curves.set(id, appendRows(curve, metric, this.#early.get(id) ?? [], 2 * points));
        } catch {
          // The banner tells of a server that is away; a run that cannot be read tells in its row.
          this.#asked.delete(id);
          if (!this.#curves.has(id)) this.#curves.set(id, none);
        } finally {
          this.#early.delete(id);
        }
      }),
    );
  }

  /** Looks at steps `range` more closely, or at whole curves again. */
  focus(range: readonly [number, number] | undefined): void {
    this.#range = range;
    if (!range) this.#details.clear();
  }

  /** Loads finer curves for the range in focus, where the whole ones were thinned out. */
  async refine(names: readonly string[], metric: string): Promise<void> {
    const range = this.#range;
    if (!range) return;
    await Promise.all(
      names.map(async (name) => {
        const id = key(name, metric);
        if ((this.#curves.get(id)?.step.length ?? 0) < points / 2) return;
        const curves = await getCurves(name, [metric], points, range).catch(() => undefined);
        if (curves?.[metric] && this.#range === range) this.#details.set(id, curves[metric]);
      }),
    );
  }
}

export const curveStore = new CurveStore();
