/** The texts of registered data sets, for pages that train themselves. Names only: no path is ever opened. */
import { readFile } from 'node:fs/promises';
import { dataSets } from '../data/index.ts';
import { findFile, resolveText } from '../data/node.ts';
import { LookbackError } from '../errors.ts';
import { airlineCsv } from '../series/airline.ts';
import { sha256 } from '../tasks/sha256.ts';
import type { DataText } from './wire.ts';

/**
 * The set's text, as a run of the command line reads it. Nothing is downloaded for a page.
 *
 * @throws DATA_MISSING for a set that is not on this machine, or no set's name
 */
export async function readSet(name: string): Promise<DataText> {
  const set = dataSets.find((each) => each.name === name);
  if (!set) throw new LookbackError('DATA_MISSING', { where: 'data set', problem: 'there is none of that name' });
  if (set.kind === 'text') return { text: (await resolveText(name, { allowDownload: false })).text };
  if (set.files.length === 0) return { text: airlineCsv() };
  const [file] = set.files;
  const path = findFile(file.name);
  const text = path === undefined ? undefined : new TextDecoder().decode(await readFile(path));
  if (text !== undefined && sha256(text) === file.sha256) return { text };
  throw new LookbackError('DATA_MISSING', { where: `data set ${name}`, problem: 'its file is not on this machine' });
}
