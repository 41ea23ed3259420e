/** Tables to begin with: two measured ones, and made-up ones that show what a real one may hold. */
import { sin } from '../../../../src/math.ts';
import { Random } from '../../../../src/random.ts';
import { airlineCsv } from '../../../../src/series/airline.ts';
import { weatherCsv } from './weather.ts';

export interface BuiltIn {
  name: string;
  label: string;
  /** What to look for. */
  about: string;
  text: () => string;
}

const day = 86_400_000;
const turn = 2 * Math.PI;

/** Two shops a day, one row each: long form, a season of a week, promotions, those of the next four weeks too. */
function shops(): string {
  const random = new Random(11, 'shops');
  const lines = ['date,shop,promotion,units'];
  for (let t = 0; t < 126 + 28; t++) {
    const at = Date.UTC(2024, 0, 1) + t * day;
    const weekday = new Date(at).getUTCDay();
    for (const [shop, level, trend] of [
      ['harbour', 120, 0.08],
      ['station', 75, -0.03],
    ] as const) {
      const promotion = random.uniform() < 0.12 ? 1 : 0;
      const week = [0.6, 0.9, 0.95, 1, 1.05, 1.25, 1.4][weekday];
      const units = (level + trend * t) * week * (1 + 0.35 * promotion) * (1 + 0.06 * random.normal());
      lines.push(`${new Date(at).toISOString().slice(0, 10)},${shop},${promotion},${t < 126 ? Math.round(units) : ''}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

/** A temperature every ten minutes: a season of 144, three faults that an eye finds at once. */
function sensor(): string {
  const random = new Random(12, 'sensor');
  const lines = ['time,temperature'];
  let drift = 0;
  for (let t = 0; t < 1008; t++) {
    drift = 0.97 * drift + 0.12 * random.normal();
    const fault = t === 700 ? 9 : t === 820 ? -8 : t >= 900 && t < 904 ? 7 : 0;
    const value = 18 + 5 * sin((turn * (t - 50)) / 144) + drift + fault;
    const at = new Date(Date.UTC(2024, 5, 3) + t * 600_000).toISOString().slice(0, 16).replace('T', ' ');
    lines.push(`${at},${value.toFixed(2)}`);
  }
  return `${lines.join('\n')}\n`;
}

/** A price on business days whose logarithm is a random walk: nothing can forecast it, and the report says so. */
function walk(): string {
  const random = new Random(13, 'walk');
  const lines = ['date,close'];
  let price = 100;
  for (let at = Date.UTC(2022, 0, 3); lines.length <= 500; at += day) {
    if (new Date(at).getUTCDay() % 6 === 0) continue;
    price *= 1 + 0.011 * random.normal();
    lines.push(`${new Date(at).toISOString().slice(0, 10)},${price.toFixed(2)}`);
  }
  return `${lines.join('\n')}\n`;
}

export const builtIns: readonly BuiltIn[] = [
  {
    name: 'airline-passengers',
    label: 'Airline passengers, 144 months',
    about: 'Growth and a season that grows with it (Box and Jenkins, series G).',
    text: airlineCsv,
  },
  {
    name: 'seattle-weather',
    label: 'Weather of Seattle, 1,461 days',
    about:
      'The highest temperature of each day, 2012 to 2015 (NOAA): the year is the season, and four of them are too few to use it; the week is none.',
    text: weatherCsv,
  },
  {
    name: 'shops',
    label: 'Two shops, made up, 126 days each',
    about:
      'Long form: one row a day and shop; a week is the season; promotions are known four weeks ahead. Made up, from a seed.',
    text: shops,
  },
  {
    name: 'sensor',
    label: 'A sensor, made up, every 10 minutes',
    about: 'A day is a season of 144; three faults stand in it. Made up, from a seed.',
    text: sensor,
  },
  {
    name: 'price',
    label: 'A price, made up, 500 business days',
    about: 'A random walk: no model should be better than the last value, and the verdict should say so. From a seed.',
    text: walk,
  },
];
