/**
 * Files of word vectors, read and written as bytes: word2vec's text form (`.txt`; `.vec` of fastText is the same), the
 * text form without its first line (GloVe), word2vec's binary form, and the JSON of npm's wink-embeddings. Whole files
 * only: what does not fit in memory does not fit here.
 */
import { LookbackError } from '../errors.ts';
import { WordVectors } from './wordVectors.ts';

export type VectorFormat = 'text' | 'binary' | 'wink';

/** Says which format the bytes are in: `{` begins wink's JSON; text has only text in its first kilobyte. */
export function vectorFormat(bytes: Uint8Array): VectorFormat {
  if (bytes[0] === 0x7b) return 'wink';
  const line = bytes.indexOf(10);
  if (line < 0 || !/^\d+ \d+\s*$/.test(latin(bytes.subarray(0, Math.min(line, 64))))) return 'text';
  // After the first line, binary numbers hold bytes that no text has.
  for (let i = line + 1; i < Math.min(bytes.length, line + 4096); i++) {
    if (bytes[i] < 9 || (bytes[i] > 13 && bytes[i] < 32)) return 'binary';
  }
  return 'text';
}

export interface ReadVectorsOptions {
  /** Read at most this many words, the first. */
  limit?: number;
  /** For messages. */
  name?: string;
}

/**
 * Reads a file's bytes, whatever its format.
 * @throws FILE_INVALID saying the line or word at which the file ends early or contradicts itself.
 */
export function readVectors(
  bytes: Uint8Array,
  { limit = Number.POSITIVE_INFINITY, name = 'vectors' }: ReadVectorsOptions = {},
): WordVectors {
  if (bytes.length === 0) throw invalid(name, 'words and their vectors', 'an empty file');
  switch (vectorFormat(bytes)) {
    case 'wink':
      return readWink(bytes, limit, name);
    case 'binary':
      return readBinary(bytes, limit, name);
    default:
      return readText(bytes, limit, name);
  }
}

/** word2vec's text form, `.vec`: the counts, then a line for each word. */
export function* writeText(vectors: WordVectors): Generator<string> {
  const { words, data, dimensions } = vectors;
  yield `${words.length} ${dimensions}\n`;
  for (const [i, word] of words.entries()) {
    checkWord(word);
    let line = word;
    for (let d = 0; d < dimensions; d++) line += ` ${shortest(data[i * dimensions + d])}`;
    yield `${line}\n`;
  }
}

/** word2vec's binary form: the counts, then for each word its name, a space, little-endian float32, a line break. */
export function* writeBinary(vectors: WordVectors): Generator<Uint8Array> {
  const { words, data, dimensions } = vectors;
  const encoder = new TextEncoder();
  yield encoder.encode(`${words.length} ${dimensions}\n`);
  for (const [i, word] of words.entries()) {
    checkWord(word);
    const name = encoder.encode(`${word} `);
    const record = new Uint8Array(name.length + dimensions * 4 + 1);
    record.set(name);
    const view = new DataView(record.buffer, name.length);
    for (let d = 0; d < dimensions; d++) view.setFloat32(d * 4, data[i * dimensions + d], true);
    record[record.length - 1] = 10;
    yield record;
  }
}

function readText(bytes: Uint8Array, limit: number, name: string): WordVectors {
  const decoder = new TextDecoder();
  let at = 0;
  let line = 0;
  const nextLine = (): string | undefined => {
    if (at >= bytes.length) return undefined;
    const end = bytes.indexOf(10, at);
    const stop = end < 0 ? bytes.length : end;
    const text = decoder.decode(bytes.subarray(at, stop));
    at = stop + 1;
    line++;
    return text.replace(/[ \t\r]+$/, '');
  };
  let row = nextLine() ?? '';
  const counts = /^(\d+) (\d+)$/.exec(row);
  if (counts) row = nextLine() ?? '';
  const promised = counts ? Number(counts[1]) : undefined;
  const separator = row.includes('\t') ? '\t' : ' ';
  const dimensions = counts ? Number(counts[2]) : row.split(separator).length - 1;
  if (!(dimensions >= 1 && dimensions <= 1e5)) {
    throw invalid(name, 'a word and its numbers in each line', `line ${line}: ${quoted(row)}`);
  }
  const wanted = Math.min(limit, promised ?? Number.POSITIVE_INFINITY);
  // A word and its numbers take two bytes a number at least: a promise beyond the file's length reserves nothing.
  const room = Math.min(wanted, Math.ceil(bytes.length / (2 * dimensions)) + 1);
  const words: string[] = [];
  const data = new Float32Array(room * dimensions);
  for (let text: string | undefined = row; text !== undefined && words.length < wanted; text = nextLine()) {
    if (text === '') continue;
    const parts = text.split(separator);
    // Some published files have words with spaces in them: the numbers are counted from the end.
    const word = parts.slice(0, parts.length - dimensions).join(separator);
    if (parts.length <= dimensions || word === '') {
      throw invalid(
        name,
        `a word and ${dimensions} numbers in line ${line}`,
        `${parts.length - 1} numbers: ${quoted(text)}`,
      );
    }
    for (let d = 0; d < dimensions; d++) {
      const part = parts[parts.length - dimensions + d];
      const value = part === '' ? Number.NaN : Number(part);
      if (!Number.isFinite(value)) throw invalid(name, `a number in line ${line}`, quoted(part));
      data[words.length * dimensions + d] = value;
    }
    words.push(word);
  }
  if (words.length < Math.min(wanted, promised ?? 1)) {
    throw invalid(name, `${promised ?? 'one or more'} words`, `${words.length}: the file ends early`);
  }
  return new WordVectors(words, data.slice(0, words.length * dimensions), dimensions);
}

function readBinary(bytes: Uint8Array, limit: number, name: string): WordVectors {
  const first = bytes.indexOf(10);
  const [promised, dimensions] = latin(bytes.subarray(0, first)).trim().split(' ').map(Number);
  const rows = Math.min(promised, limit);
  if (!(dimensions >= 1 && dimensions <= 1e5) || rows * dimensions * 4 > bytes.length) {
    throw invalid(
      name,
      `${promised} words of ${dimensions} numbers, at least ${promised * dimensions * 4} bytes`,
      `${bytes.length} bytes: the file ends early`,
    );
  }
  const decoder = new TextDecoder();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const words: string[] = [];
  const data = new Float32Array(rows * dimensions);
  let at = first + 1;
  while (words.length < rows) {
    while (bytes[at] === 10) at++;
    const space = bytes.indexOf(32, at);
    if (space < 0 || space + 1 + dimensions * 4 > bytes.length) {
      throw invalid(name, `${promised} words`, `the file ends within word ${words.length + 1}`);
    }
    const word = decoder.decode(bytes.subarray(at, space));
    for (let d = 0; d < dimensions; d++) {
      const value = view.getFloat32(space + 1 + d * 4, true);
      if (!Number.isFinite(value)) throw invalid(name, 'finite numbers', `${value} in word ${words.length + 1}`);
      data[words.length * dimensions + d] = value;
    }
    words.push(word);
    at = space + 1 + dimensions * 4;
  }
  return new WordVectors(words, data, dimensions);
}

/** `{ dimensions, words: [by frequency], vectors: { word: [numbers, norm, index] } }`. */
function readWink(bytes: Uint8Array, limit: number, name: string): WordVectors {
  let stored: { dimensions?: unknown; words?: unknown; vectors?: unknown };
  try {
    stored = JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw invalid(name, 'word vectors as JSON', (cause as Error).message.split('\n')[0]);
  }
  const { dimensions, words, vectors } = stored;
  if (!Number.isInteger(dimensions) || !Array.isArray(words) || typeof vectors !== 'object' || vectors === null) {
    throw invalid(name, 'dimensions, words and vectors', `keys ${Object.keys(stored).slice(0, 8).join(', ')}`);
  }
  const width = dimensions as number;
  const kept = words.slice(0, limit) as string[];
  const data = new Float32Array(kept.length * width);
  for (const [i, word] of kept.entries()) {
    const vector = Object.hasOwn(vectors, word) ? (vectors as Record<string, unknown>)[word] : undefined;
    if (!Array.isArray(vector) || vector.length < width) throw invalid(name, `${width} numbers of '${word}'`, 'fewer');
    for (let d = 0; d < width; d++) data[i * width + d] = Number(vector[d]);
  }
  return new WordVectors(kept, data, width);
}

/** The shortest decimal that reads back as the same float32. */
function shortest(value: number): string {
  for (let digits = 6; digits < 9; digits++) {
    const text = value.toPrecision(digits);
    if (Math.fround(Number(text)) === value) return String(Number(text));
  }
  return String(Number(value.toPrecision(9)));
}

function checkWord(word: string): void {
  if (word !== '' && !/[ \n\t\r]/.test(word)) return;
  throw new LookbackError('DATA_INVALID', {
    where: 'word vectors',
    expected: 'words without spaces, which word2vec files cannot hold',
    got: quoted(word),
  });
}

function latin(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}

function invalid(name: string, expected: string, got: string): LookbackError {
  return new LookbackError('FILE_INVALID', {
    where: name,
    expected,
    got,
    next: 'Use a whole word2vec text or binary file',
  });
}
