/**
 * An artificial language, drawn from a grammar, whose entropy is known: a text for models that train in the page.
 *
 * A verb agrees with its subject across a clause in between ("the whale that the sailors saw sings ."), further back
 * than a short n-gram sees.
 */
import { log } from '../../../../src/math.ts';
import type { Random } from '../../../../src/random.ts';

const nouns = ['whale', 'ship', 'sailor', 'gull', 'storm', 'captain'];
const verbs = ['sing', 'turn', 'sleep', 'wait', 'sink', 'rise'];
const seen = ['saw', 'heard', 'feared', 'followed'];
/** How many subjects have a clause between them and their verb. */
const clauses = 0.5;

export interface GrammarText {
  text: string;
  /** Nats a character of the very choices that made the text: no model can be better on average. */
  entropy: number;
}

/** At least `length` characters of sentences. */
export function drawText(random: Random, length: number): GrammarText {
  let text = '';
  let nats = 0;
  const choose = <T>(from: readonly T[]): T => {
    nats += log(from.length);
    return from[random.integer(from.length)];
  };
  const chance = (probability: number): boolean => {
    const yes = random.uniform() < probability;
    nats -= log(yes ? probability : 1 - probability);
    return yes;
  };
  while (text.length < length) {
    const plural = chance(0.5);
    let sentence = `the ${choose(nouns)}${plural ? 's' : ''}`;
    if (chance(clauses)) sentence += ` that the ${choose(nouns)}${chance(0.5) ? 's' : ''} ${choose(seen)}`;
    text += `${sentence} ${choose(verbs)}${plural ? '' : 's'}.\n`;
  }
  return { text, entropy: nats / text.length };
}
