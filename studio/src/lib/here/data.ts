/**
 * The texts that recipes name: built in, brought along by the static site, of the server's registered sets, or files the
 * reader gave. Nothing else is read; a name in a recipe is never a path here.
 */
import { airlineCsv } from '../../../../src/series/airline.ts';
import { broughtAlong, isStatic } from '../site.ts';

/** By the recipe's name for them. A file stays until the page is left. */
const given = new Map<string, string>();

/** Longest file taken, bytes. */
export const longestFile = 64 << 20;

/** Keeps a file of the reader's for a name. Throws a plain message where it is no text. */
export async function giveFile(source: string, file: File): Promise<void> {
  if (file.size > longestFile) throw new Error(`${file.name} is larger than ${longestFile >> 20} MiB.`);
  try {
    given.set(source, new TextDecoder('utf-8', { fatal: true }).decode(await file.arrayBuffer()));
  } catch {
    throw new Error(`${file.name} is not UTF-8 text.`);
  }
}

export const isGiven = (source: string): boolean => given.has(source);

/** Goes back to the data of that name. */
export const takeBack = (source: string): boolean => given.delete(source);

/** Undefined where the reader has to give the file. */
export async function findText(source: string): Promise<string | undefined> {
  const text = given.get(source);
  if (text !== undefined) return text;
  if (source === 'airline-passengers') return airlineCsv();
  if (isStatic) return broughtAlong.includes(source) ? loadScript(source) : undefined;
  try {
    const response = await fetch(`api/data/${encodeURIComponent(source)}`);
    return response.ok ? ((await response.json()) as { text: string }).text : undefined;
  } catch {
    return undefined;
  }
}

declare global {
  interface Window {
    /** Filled by the scripts in the site's `data/`: a page opened from a disk may load scripts, but fetch nothing. */
    lookbackData?: Record<string, string>;
  }
}

function loadScript(source: string): Promise<string | undefined> {
  const here = window.lookbackData?.[source];
  if (here !== undefined) return Promise.resolve(here);
  return new Promise((resolve) => {
    const script = document.createElement('script');
    script.src = `data/${source}.js`;
    script.onload = () => resolve(window.lookbackData?.[source]);
    script.onerror = () => resolve(undefined);
    document.head.append(script);
  });
}
