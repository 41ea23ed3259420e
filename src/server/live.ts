/** The rows that were added to a run's metrics since the last look. Says so when it cannot tell: load everything anew. */
import type { MetricTable } from '../track/columns.ts';
import type { LiveRow } from './wire.ts';

/** More new rows than this are not sent one by one: whoever draws them loads the curves instead. */
const mostRows = 2000;

export class Follower {
  #table: MetricTable | undefined;
  #revision = 0;
  #rows = 0;

  /** @param from what has been seen: follow from its end. Undefined: from the beginning. */
  constructor(from?: MetricTable) {
    if (from) this.#remember(from);
  }

  /** Undefined when nothing is new. */
  take(table: MetricTable): { rows: LiveRow[]; restart?: true } | undefined {
    const grown = this.#table === table || this.#table === undefined;
    const begin = this.#rows;
    const restart = !grown || this.#revision !== table.revision || table.rowCount - begin > mostRows;
    this.#remember(table);
    if (restart) return { rows: [], restart: true };
    return table.rowCount > begin ? { rows: rowsFrom(table, begin) } : undefined;
  }

  #remember(table: MetricTable): void {
    this.#table = table;
    this.#revision = table.revision;
    this.#rows = table.rowCount;
  }
}

/** Numbers only, float32; null for those not finite. */
function rowsFrom(table: MetricTable, begin: number): LiveRow[] {
  const { steps, times, rowCount } = table;
  const values = Array.from({ length: rowCount - begin }, () => new Map<string, number | null>());
  for (const name of table.names) {
    const column = table.column(name);
    if (!column) continue;
    for (let point = column.length - 1; point >= 0 && column.rowOf(point) >= begin; point--) {
      const value = column.values[point];
      values[column.rowOf(point) - begin].set(name, Number.isFinite(value) ? Number(value.toPrecision(7)) : null);
    }
  }
  return values.flatMap((named, i) =>
    named.size > 0 ? { step: steps[begin + i], time: times[begin + i], values: Object.fromEntries(named) } : [],
  );
}
