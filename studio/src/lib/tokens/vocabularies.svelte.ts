/**
 * The tokenizers of the page: those of the text itself, those whose vocabularies the server has or the static site brought
 * along, and those the reader opens from a file. A vocabulary is loaded when it is first chosen.
 */
import type { TokenizerNames } from '../../../../src/server/wire.ts';
import { fromBase64 } from '../../../../src/text/base64.ts';
import { BytePairTokenizer, ByteTokenizer, type Tokenizer, tokenizerFromJSON } from '../../../../src/text/index.ts';
import { messageOf } from '../api.ts';
import { findText } from '../here/data.ts';
import { broughtAlong, isStatic } from '../site.ts';
import { readFile } from './files.ts';

/** A vocabulary on its way, here, or not to be had. */
export type Loaded = { tokenizer: Tokenizer } | { problem: string } | 'loading';

const prefix = 'tokenizer-';

/** Read once a visit, whichever page asks: a large vocabulary is megabytes. */
const kept = new Map<string, Promise<Tokenizer>>();

async function load(name: string): Promise<Tokenizer> {
  if (name === 'byte') return new ByteTokenizer();
  if (!isStatic) {
    const response = await fetch(`api/tokenizers/${encodeURIComponent(name)}`);
    const answer: unknown = await response.json();
    if (!response.ok) throw new Error((answer as { message?: string }).message ?? 'The server does not give it.');
    return tokenizerFromJSON(answer, name);
  }
  const packed = await findText(prefix + name);
  const bytes = packed === undefined ? undefined : fromBase64(packed);
  if (!bytes) throw new Error('Its file is missing beside this page.');
  const stream = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new DecompressionStream('gzip'));
  return tokenizerFromJSON(JSON.parse(await new Response(stream).text()), name);
}

/** Names of the vocabularies that can be loaded here. */
export async function available(): Promise<string[]> {
  if (isStatic) return broughtAlong.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
  const response = await fetch('api/tokenizers');
  return response.ok ? ((await response.json()) as TokenizerNames).names : [];
}

export class Vocabularies {
  names = $state.raw<readonly string[]>([]);
  /** Whether `names` has come. */
  ready = $state(false);
  loaded = $state.raw<Readonly<Record<string, Loaded>>>({});

  async list(): Promise<void> {
    try {
      this.names = await available();
    } catch {
      // A server that is away has its own banner; what needs no vocabulary still works.
    }
    this.ready = true;
  }

  /** Loads a vocabulary unless it is here or on its way. */
  want(name: string): void {
    const before = this.loaded[name];
    if (before && (before === 'loading' || 'tokenizer' in before)) return;
    this.#put(name, 'loading');
    const loading = kept.get(name) ?? load(name);
    kept.set(name, loading);
    loading.then(
      (tokenizer) => this.#put(name, { tokenizer }),
      (error) => {
        kept.delete(name);
        this.#put(name, { problem: messageOf(error) });
      },
    );
  }

  /** Adds the tokenizer in a file under the file's name. @throws with a message to show */
  async open(file: File): Promise<string> {
    const tokenizer = readFile(file.name, new Uint8Array(await file.arrayBuffer()));
    this.#put(file.name, { tokenizer });
    if (!this.names.includes(file.name)) this.names = [...this.names, file.name];
    return file.name;
  }

  #put(name: string, loaded: Loaded): void {
    this.loaded = { ...this.loaded, [name]: loaded };
  }
}

export const canStep = (tokenizer: Tokenizer | undefined): tokenizer is BytePairTokenizer =>
  tokenizer instanceof BytePairTokenizer;
