/**
 * Rows of anything (a CSV, JSON, a query's result) as time series on a regular grid, with what stands beside them. What
 * does not fit is named with its rows: doubled times, gaps, text among numbers. A missing value is filled only where the
 * caller says how. The order of rows does not matter where there is a column of times.
 */
import type { Series } from '../series/index.ts';
import { Axis, type AxisState } from './axis.ts';
import { type Calendar, type CalendarOptions, makeCalendar, usualCalendar } from './calendar.ts';
import { counted, invalid, list } from './cells.ts';
import { type CovariateNames, covariatesOf, type Group, refuseGaps } from './covariates.ts';
import { frequencyName, usualPeriod } from './frequency.ts';
import { fillGaps, gapsOf } from './gaps.ts';
import { type HolidayCalendar, ownHolidays } from './holidays.ts';
import type { SeriesCovariates } from './model.ts';
import { fixedNames, type Schema } from './schema.ts';

export interface TimedSeries extends Series {
  readonly times: readonly string[];
  readonly period: number;
  /** Places of values that were missing and have been filled; `mask` hides them from the models that can look away. */
  readonly missing?: readonly number[];
}

/** What a frame is made of: plain data, which a saved forecaster keeps. */
export interface FrameParts {
  readonly axis: AxisState;
  readonly schema: Schema;
  /** Ascending by name. */
  readonly groups: readonly Group[];
  /** The season asked for; the usual one of the frequency without. */
  readonly period?: number;
  readonly calendar?: CalendarOptions;
  readonly where: string;
}

/** Where one series lies in its group. */
interface Place {
  readonly group: Group;
  readonly from: number;
}

export class Frame {
  readonly series: readonly TimedSeries[];
  /** The same values [n] a series with NaN where none was seen. */
  readonly observed: readonly Float64Array[];
  /** What was noticed and what was done about it, a line each. */
  readonly notes: readonly string[];
  readonly names: CovariateNames;
  /** @internal */
  readonly axis: Axis;
  readonly #places: readonly Place[];
  readonly #calendar: Calendar | undefined;
  readonly #days = new Map<Group, Float64Array[]>();

  /**
   * @throws DATA_INVALID for series without values, or with missing ones where they are refused
   * @param holidays what a name in `calendar.holidays` stands for
   * @internal `readFrame` makes one
   */
  constructor(
    /** @internal */
    readonly parts: FrameParts,
    notes: readonly string[],
    holidays?: HolidayCalendar,
  ) {
    const { schema, groups, where } = parts;
    this.axis = new Axis(parts.axis);
    const series: TimedSeries[] = [];
    const places: Place[] = [];
    const said = [...notes];
    for (const group of groups) {
      schema.targets.forEach((target, i) => {
        const name = [group.name, schema.targets.length > 1 || group.name === '' ? target : '']
          .filter((part) => part !== '')
          .join(' ');
        const { from, one } = this.#cut(group, i, name, said);
        if (!group.vintages && schema.missing === 'refuse') {
          refuseGaps(
            group,
            this.axis,
            { past: schema.past, future: schema.future },
            from,
            one.values.length,
            `${where}, ${name}`,
          );
        }
        series.push(one);
        places.push({ group, from });
      });
    }
    this.series = series;
    this.notes = said;
    this.#places = places;
    this.observed = series.map(({ values, missing = [] }) => {
      const seen = values.slice();
      for (const place of missing) seen[place] = Number.NaN;
      return seen;
    });
    const wanted = parts.calendar;
    const dates = wanted?.holidays;
    const calendarOfDays = Array.isArray(dates)
      ? ownHolidays(dates)
      : typeof dates === 'object'
        ? (dates as HolidayCalendar)
        : holidays;
    if (typeof dates === 'string' && !holidays) {
      throw invalid(
        'calendar.holidays',
        `the holidays of ${dates} are not loaded`,
        "Give calendar: { holidays: await loadHolidays('DE') }",
      );
    }
    const period = Math.min(...series.map((one) => one.period));
    this.#calendar = wanted && makeCalendar(wanted, this.axis, period, calendarOfDays);
    this.names = {
      past: schema.past,
      future: [...schema.future, ...(this.#calendar?.names ?? [])],
      fixed: fixedNames(schema.fixed),
    };
  }

  get frequency() {
    return this.axis.frequency;
  }

  /** Whether anything stands beside the series. */
  get hasCovariates(): boolean {
    const { past, future, fixed } = this.names;
    return past.length + future.length + fixed.length > 0;
  }

  /** Labels of the H steps after the end of a series. */
  readonly future = (which: number, horizon: number): string[] => {
    const { group, from } = this.#places[which];
    const last = from + this.series[which].values.length - 1;
    return Array.from({ length: horizon }, (_, step) => this.axis.label(this.axis.step(group.first, last + step + 1)));
  };

  /**
   * What is known beside series `which` when the value before `origin` is: its first `origin` values are history.
   * @param pad carry on columns known ahead that do not reach the end of the horizon, for a fit that forecasts nothing yet
   * @throws DATA_INVALID where they do not reach it otherwise
   */
  covariatesAt(which: number, origin: number, horizon: number, { pad = false } = {}): SeriesCovariates {
    const { group, from } = this.#places[which];
    const { schema } = this.parts;
    const window = { from, count: origin, horizon, pad };
    const days = this.#calendarOf(group, from + origin + horizon).map((column) =>
      column.subarray(from, from + origin + horizon),
    );
    return covariatesOf(group, this.axis, { ...this.names, future: schema.future }, window, schema.missing, days);
  }

  #calendarOf(group: Group, steps: number): Float64Array[] {
    if (!this.#calendar) return [];
    const before = this.#days.get(group);
    if (before && (before.length === 0 || before[0].length >= steps)) return before;
    const columns = this.#calendar.columns(this.axis, group.first, Math.max(steps, group.steps));
    this.#days.set(group, columns);
    return columns;
  }

  /** From the first to the last value of a target. */
  #cut(group: Group, target: number, name: string, notes: string[]): { from: number; one: TimedSeries } {
    const { schema, where } = this.parts;
    const column = group.targets[target];
    let from = 0;
    let to = column.length;
    while (to > 0 && Number.isNaN(column[to - 1])) to--;
    while (from < to && Number.isNaN(column[from])) from++;
    if (to === 0) throw invalid(`${where}, ${name}`, 'it holds no values');
    const label = (step: number) => this.axis.label(this.axis.step(group.first, step));
    if (from > 0) notes.push(`${name} begins at ${label(from)}, ${from} steps after its first row`);
    const future = schema.future.length > 0 ? ' and carry what is known ahead' : '';
    if (to < column.length)
      notes.push(`${name} ends at ${label(to - 1)}: ${column.length - to} later rows are to be forecast${future}`);
    const values = column.slice(from, to);
    const times = Array.from(values, (_, i) => label(from + i));
    const gaps = gapsOf(values);
    let filled: Float64Array = values;
    if (gaps.length > 0) {
      const names = list(gaps.map((i) => times[i]));
      const here = `${where}, ${name}`;
      if (schema.missing === 'refuse') {
        throw invalid(here, `${counted(gaps.length, 'value is', 'values are')} missing: ${names}`, this.#advice());
      }
      const done = {
        interpolate: 'interpolated',
        carry: 'carried forward',
        mask: 'masked for networks, carried forward for others',
      }[schema.missing];
      notes.push(`${here}: ${counted(gaps.length, 'missing value', 'missing values')} ${done}: ${names}`);
      filled = fillGaps(values, schema.missing === 'interpolate' ? 'interpolate' : 'carry');
    }
    const usual = this.parts.period ?? usualPeriod(this.frequency);
    const period = values.length > 2 * usual ? usual : 1;
    if (period !== usual) notes.push(`${name}: ${values.length} values are too few for a season of ${usual}`);
    const one = { name, values: filled, times, period, start: times[0], frequency: frequencyName(this.frequency) };
    return { from, one: gaps.length > 0 ? { ...one, missing: gaps } : one };
  }

  #advice(): string {
    const { kind, step } = this.frequency;
    const hours = kind === 'fixed' && step < 86_400_000 && this.axis.state.timeZone === undefined;
    return `Say missing: 'interpolate', 'carry' or 'mask' (--missing carry), or fill them yourself${hours ? '; for a local clock that skips an hour, say timeZone (--time-zone)' : ''}`;
  }
}

/** `true` as the features that suit the spacing. */
export const calendarOptions = (
  calendar: true | CalendarOptions | undefined,
  axis: Axis,
): CalendarOptions | undefined => (calendar === true ? usualCalendar(axis) : calendar);
