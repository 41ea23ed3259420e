/**
 * Run names such as `cerulean-plasma-69`: easy to say, to type and to tell apart in a list.
 *
 * The source of chance is an argument; this file never makes its own.
 */

import { LookbackError } from '../errors.ts';

const adjectives = (
  'amber ancient arctic autumn azure bold brave bright brisk calm cerulean clever cobalt copper coral crimson crisp ' +
  'curious dapper daring deep eager early electric emerald faint fast fearless gentle gilded golden grand hidden humble ' +
  'indigo ivory jade jolly keen late lively lone lucid lunar mellow misty noble patient quiet rapid rustic scarlet ' +
  'serene silent silver solar steady stellar sturdy swift tidal velvet vivid wandering wise'
).split(' ');

const nouns = (
  'anchor aurora beacon breeze brook canyon cascade cedar cloud comet compass coral crater creek current delta dune echo ' +
  'ember falcon feather fern field fjord forest galaxy garden glacier grove harbor heron horizon island juniper lagoon ' +
  'lantern maple meadow meteor mist nebula oak ocean orbit otter pebble pine plasma prairie quartz raven reef river ' +
  'sail signal sparrow spruce star stream summit tide valley whale willow wind'
).split(' ');

/** Names tried with numbers below 100 before longer numbers are drawn. */
const attemptsPerLength = 50;

/**
 * Draws `adjective-noun-number`, again for as long as `taken` says the name is in use.
 *
 * @param uniform draws a number in [0, 1)
 * @param taken whether a name is in use, for example whether its folder exists
 * @throws BAD_ARGUMENT when everything drawn is taken
 */
export function runName(uniform: () => number, taken: (name: string) => boolean = () => false): string {
  for (let attempt = 0; attempt < attemptsPerLength * 4; attempt++) {
    const numbers = 100 * 10 ** Math.floor(attempt / attemptsPerLength);
    const adjective = adjectives[Math.floor(uniform() * adjectives.length)];
    const noun = nouns[Math.floor(uniform() * nouns.length)];
    const name = `${adjective}-${noun}-${Math.floor(uniform() * numbers)}`;
    if (!taken(name)) return name;
  }
  throw new LookbackError('BAD_ARGUMENT', {
    where: 'runName',
    problem: `every one of ${attemptsPerLength * 4} names drawn is taken`,
    next: 'Pass a name of your own, or a working source of random numbers',
  });
}
