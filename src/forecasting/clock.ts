/**
 * Local clocks: what a clock in a time zone showed at an instant, and the instants at which it showed something. Once a
 * year it skips an hour and once it shows one twice; both are for the caller to see, nothing is decided here.
 */
import { LookbackError } from '../errors.ts';

const day = 86_400_000;

export class Clock {
  readonly #format: Intl.DateTimeFormat;
  /** Offsets of days without a change, by day since 1970. */
  readonly #days = new Map<number, number | undefined>();

  /** @throws BAD_ARGUMENT for a name that is no IANA time zone. */
  constructor(readonly timeZone: string) {
    try {
      this.#format = new Intl.DateTimeFormat('en-US', {
        timeZone,
        hourCycle: 'h23',
        era: 'short',
        year: 'numeric',
        month: 'numeric',
        day: 'numeric',
        hour: 'numeric',
        minute: 'numeric',
        second: 'numeric',
      });
    } catch (cause) {
      throw new LookbackError('BAD_ARGUMENT', {
        where: 'timeZone',
        expected: 'a time zone such as Europe/Berlin or UTC',
        got: JSON.stringify(String(timeZone).slice(0, 40)),
        cause,
      });
    }
  }

  /** Milliseconds to add to an instant to get what the clock shows. */
  offset(at: number): number {
    const today = Math.floor(at / day);
    if (!this.#days.has(today)) {
      const start = this.#offsetAt(today * day);
      this.#days.set(today, start === this.#offsetAt((today + 1) * day) ? start : undefined);
    }
    return this.#days.get(today) ?? this.#offsetAt(at);
  }

  /** What the clock shows at an instant, as if it were a time in UTC. */
  reading(at: number): number {
    return at + this.offset(at);
  }

  /** The instants at which it shows `reading`, ascending: none in a skipped hour, two in a repeated one. */
  instants(reading: number): number[] {
    const candidates = [reading - this.offset(reading - day), reading - this.offset(reading + day)];
    return [...new Set(candidates)].filter((at) => this.reading(at) === reading).sort((a, b) => a - b);
  }

  /** `+02:00` */
  offsetName(at: number): string {
    const minutes = Math.round(this.offset(at) / 60_000);
    const part = (value: number) => String(value).padStart(2, '0');
    return `${minutes < 0 ? '-' : '+'}${part(Math.floor(Math.abs(minutes) / 60))}:${part(Math.abs(minutes) % 60)}`;
  }

  #offsetAt(at: number): number {
    const whole = Math.floor(at / 1000) * 1000;
    const parts: Record<string, string> = {};
    for (const { type, value } of this.#format.formatToParts(whole)) parts[type] = value;
    const year = parts.era === 'BC' ? 1 - Number(parts.year) : Number(parts.year);
    const shown = Date.UTC(
      2000,
      Number(parts.month) - 1,
      Number(parts.day),
      Number(parts.hour),
      Number(parts.minute),
      Number(parts.second),
    );
    return new Date(shown).setUTCFullYear(year, Number(parts.month) - 1, Number(parts.day)) - whole;
  }
}
