/** Series that Lookback knows by name, where this page can have them: from the server, or brought along by the site. */
import { dataSets, type SeriesSet } from '../../../../src/data/registry.ts';
import { findText } from '../here/data.ts';
import { broughtAlong, isStatic } from '../site.ts';
import { builtIns } from './builtIn.ts';

const isOffered = ({ name }: SeriesSet) =>
  !builtIns.some((each) => each.name === name) && (!isStatic || broughtAlong.includes(name));

export const registered: readonly SeriesSet[] = dataSets.filter((set) => set.kind === 'series').filter(isOffered);

/** @throws with a plain message where it is not on the server's machine */
export async function registeredText(name: string): Promise<string> {
  const text = await findText(name);
  if (text !== undefined) return text;
  throw new Error(`${name} is not on this machine: lookback data get ${name} fetches it.`);
}
