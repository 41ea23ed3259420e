/**
 * A run as a link: the address holds the recipe, the data's SHA-256 and that of the final parameters, nothing else, so
 * that whoever opens it can train the same run again and see whether the bits agree.
 *
 *   #/shared?run=CODE    CODE = base64url(deflate(JSON {v, lookback, recipe, data, parameters}))
 *
 * A code comes from strangers: its length is bounded before and while it is inflated, and the recipe in it is checked
 * as any other. It can name data, never read any.
 */
import { LookbackError } from '../errors.ts';
import { parseRecipe, type Recipe } from './recipe.ts';

export interface SharedRun {
  recipe: Recipe;
  /** SHA-256 of the data's texts in hexadecimal, joined by `+` where there are several. */
  dataHash: string;
  /** SHA-256 of the final parameters, see `parametersHash`. */
  parametersHash: string;
  /** Of Lookback, that trained it. */
  version: string;
}

/** Raised when what a code holds changes. */
const format = 1;

/** Longest code, characters; a long recipe takes about 600. */
const longestCode = 16_384;
/** Longest JSON in it, bytes. Deflate can make a thousand times more of a code, which is not waited for. */
const longestText = 65_536;

const hash = /^[0-9a-f]{64}$/;
const hashes = /^[0-9a-f]{64}(\+[0-9a-f]{64}){0,99}$/;

/** The code of a run. @throws LINK_INVALID for one that no link could hold */
export async function encodeShare({ recipe, dataHash, parametersHash, version }: SharedRun): Promise<string> {
  const text = JSON.stringify({ v: format, lookback: version, recipe, data: dataHash, parameters: parametersHash });
  const packed = new Uint8Array(
    await new Response(through(new Blob([text]), new CompressionStream('deflate'))).arrayBuffer(),
  );
  let binary = '';
  for (const byte of packed) binary += String.fromCharCode(byte);
  const code = btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
  // What could not be opened is not handed out.
  await decodeShare(code);
  return code;
}

/**
 * What a code says.
 *
 * @throws LINK_INVALID for anything that is not whole, too long, or of another version; RECIPE_INVALID
 */
export async function decodeShare(code: string): Promise<SharedRun> {
  if (code === '') throw invalid('it holds no run');
  if (code.length > longestCode) throw invalid(`it is ${code.length} characters long, at most ${longestCode} are read`);
  if (!/^[A-Za-z0-9_-]+$/.test(code)) throw invalid('it holds characters that no link of ours has');
  const held = parseJson(await inflate(unpack(code)));
  if (typeof held !== 'object' || held === null || Array.isArray(held)) throw invalid('it holds no run');
  const { v, lookback, recipe, data, parameters } = held as Record<string, unknown>;
  if (v !== format) throw invalid(`it is of version ${typeof v === 'number' ? v : '?'}, this Lookback reads ${format}`);
  if (typeof data !== 'string' || !hashes.test(data)) throw invalid('the hash of its data is none');
  if (typeof parameters !== 'string' || !hash.test(parameters)) throw invalid('the hash of its parameters is none');
  if (typeof lookback !== 'string' || lookback.length > 40) throw invalid('it does not say which Lookback made it');
  return { recipe: parseRecipe(recipe, 'link'), dataHash: data, parametersHash: parameters, version: lookback };
}

/** The address of a code below a site; without one relative to the page that shows it. */
export function shareAddress(code: string, site = ''): string {
  return `${site.replace(/#.*$/s, '')}#/shared?run=${code}`;
}

function unpack(code: string): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.from(atob(code.replaceAll('-', '+').replaceAll('_', '/')), (letter) => letter.charCodeAt(0));
  } catch (cause) {
    throw invalid('it was cut or changed on its way', cause);
  }
}

/** Reads no further than it may, however much there would be. */
async function inflate(packed: Uint8Array<ArrayBuffer>): Promise<string> {
  const reader = through(new Blob([packed]), new DecompressionStream('deflate')).getReader();
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let text = '';
  let bytes = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return text + decoder.decode();
      bytes += value.length;
      if (bytes > longestText) break;
      text += decoder.decode(value, { stream: true });
    }
  } catch (cause) {
    throw invalid('it was cut or changed on its way', cause);
  }
  void reader.cancel().catch(() => undefined);
  throw invalid(`it unpacks to more than ${longestText} bytes`);
}

function through(blob: Blob, transform: CompressionStream | DecompressionStream): ReadableStream<Uint8Array> {
  return blob.stream().pipeThrough(transform as unknown as TransformStream<Uint8Array, Uint8Array>);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw invalid('it was cut or changed on its way', cause);
  }
}

function invalid(problem: string, cause?: unknown): LookbackError {
  return new LookbackError('LINK_INVALID', { where: 'link', problem, next: 'Ask for it again', cause });
}
