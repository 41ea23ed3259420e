/**
 * A toy world told in a few thousand sentences, drawn by a seed: people with a gender and a rank, countries with a
 * capital. Small enough to train on in seconds, regular enough that the differences between its words are relations; real text
 * of this size shows none.
 */
import { Random } from '../../../../src/random.ts';

const pairs = [
  ['man', 'woman'],
  ['king', 'queen'],
  ['prince', 'princess'],
  ['duke', 'duchess'],
  ['father', 'mother'],
  ['brother', 'sister'],
  ['uncle', 'aunt'],
  ['actor', 'actress'],
] as const;
const genders = [
  ['he', 'his', 'him', 'beard', 'boots'],
  ['she', 'her', 'hers', 'braid', 'dress'],
] as const;
const ranks = [
  ['walks', 'home', 'bread', 'neighbours', 'street'],
  ['rules', 'throne', 'crown', 'armies', 'kingdom'],
  ['inherits', 'palace', 'tiara', 'tutors', 'court'],
  ['owns', 'manor', 'seal', 'tenants', 'duchy'],
  ['raises', 'cradle', 'lullaby', 'children', 'house'],
  ['shares', 'bunk', 'secrets', 'siblings', 'yard'],
  ['visits', 'porch', 'gifts', 'nephews', 'garden'],
  ['performs', 'stage', 'mask', 'crowds', 'theatre'],
] as const;
const countries = [
  ['france', 'paris', 'french', 'euros'],
  ['italy', 'rome', 'italian', 'pasta'],
  ['japan', 'tokyo', 'japanese', 'sushi'],
  ['germany', 'berlin', 'german', 'rye'],
  ['spain', 'madrid', 'spanish', 'tapas'],
  ['russia', 'moscow', 'russian', 'borscht'],
] as const;

/** About `sentences` sentences; the same for the same seed. */
export function toyWorld(sentences = 4000, seed = 1): string {
  const random = new Random(seed, 'toy world');
  const pick = <T>(list: readonly T[]): T =>
    list[Math.min(list.length - 1, Math.floor(random.uniform() * list.length))];
  const said: string[] = [];
  for (let i = 0; i < sentences; i++) {
    if (random.uniform() < 0.6) {
      const rank = Math.min(pairs.length - 1, Math.floor(random.uniform() * pairs.length));
      const gender = random.uniform() < 0.5 ? 0 : 1;
      const who = pairs[rank][gender];
      const [pronoun, own, object, look, wear] = genders[gender];
      const [does, place, thing, others, land] = ranks[rank];
      said.push(
        pick([
          `The ${who} ${does} and ${pronoun} keeps ${own} ${thing}.`,
          `The ${who} with the ${look} ${does} in the ${place}.`,
          `All ${others} of the ${land} greet the ${who} and ${object}.`,
          `At the ${place} the ${who} takes off ${own} ${wear}.`,
          `The ${others} say that ${pronoun} ${does}, the ${who} of the ${land}.`,
        ]),
      );
    } else {
      const [country, capital, language, food] = pick(countries);
      said.push(
        pick([
          `Across ${country} farmers speak ${language} and grow ${food}.`,
          `The capital city ${capital} has ${language} streets that smell of ${food}.`,
          `The borders of ${country} hold ${language} fields and villages.`,
          `In the mayor's ${capital} the ${language} trains reach the central station.`,
          `A nation like ${country} has ${food} in every province.`,
          `Downtown ${capital} sells ${food} near the city hall.`,
        ]),
      );
    }
  }
  return said.join(' ');
}
