/** Texts to count without having one at hand. */
import { toyWorld } from '../vectors/toyWorld.ts';

export interface BuiltInText {
  readonly name: string;
  readonly label: string;
  readonly lines: boolean;
  readonly text: () => string;
}

const names = `ada agnes albert alice amelia anna anton arthur ben beth boris carl carla cecilia chiara clara conrad dana
daniel david diana edgar edith elena elias elisa ella emil emily emma erik esther eva fabian felix fiona flora frank
frida george gerda gloria greta hanna harold heidi helena henry hugo ida igor ines irene iris isabel ivan jack jacob
james jana jasper joan johanna john jonas joseph julia julian karen karl kate laura lena leo leonard lily linda lisa
louis louise lucas lucia lucy ludwig luisa magda marco margaret maria marie marina mark martha martin mary max maya
mia michael mila mona nadia nathan nina noah nora olga oliver olivia oscar otto patricia paul paula peter philip pia
rachel ralph rebecca richard rita robert rosa rose ruby rudolf ruth sam samuel sandra sara sebastian selma simon sofia
sonia stella stephen susan sven tania teresa theo thomas tina tobias ulrich uma ursula valentin vera victor victoria
viola walter wanda wendy werner wilma xenia yara yvonne zara zoe`;

export const builtInTexts: readonly BuiltInText[] = [
  { name: 'names', label: 'First names, one a line', lines: true, text: () => names.split(/\s+/).join('\n') },
  { name: 'world', label: 'A toy world, 4,000 sentences', lines: false, text: () => toyWorld() },
];

/** Longest text counted in the page, characters: a second or two on a common machine. */
export const mostCharacters = 1_000_000;
