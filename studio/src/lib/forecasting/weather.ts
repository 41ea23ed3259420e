/**
 * Seattle's highest temperature of each day, 2012 to 2015, degrees Celsius: measured by the National Weather Service of the
 * United States (NOAA), in the public domain; put into the page as the npm package vega-datasets has it.
 */
import measured from '../../../../node_modules/vega-datasets/data/seattle-weather.csv?raw';

/** `date,temperature`, a row a day. */
export function weatherCsv(): string {
  const [head, ...rows] = measured
    .trim()
    .split(/\r?\n/)
    .map((line) => line.split(','));
  const [date, temperature] = ['date', 'temp_max'].map((name) => head.indexOf(name));
  return ['date,temperature', ...rows.map((cells) => `${cells[date]},${cells[temperature]}`), ''].join('\n');
}
