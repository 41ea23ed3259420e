/**
 * Where the model page gets its numbers: an interface, so that weights trained in the page can be looked into as well as
 * those the server keeps. This file holds the server's implementation, which remembers its latest answers.
 */
import type {
  ModelDescription,
  ModelDraw,
  ModelGradient,
  ModelInput,
  ModelLook,
  SamplingSettings,
} from '../../../../src/server/modelWire.ts';
import type { ApiError } from '../../../../src/server/wire.ts';
import { ApiFailure } from '../api.ts';

/** Every head, as `src/inspect/attentionPatterns.ts` makes them: bytes [layers, heads, cells, cells]. */
export interface Pictures {
  layers: number;
  heads: number;
  cells: number;
  values: Uint8Array<ArrayBuffer>;
}

/** [T, H] */
export interface Activity {
  steps: number;
  hidden: number;
  values: Float32Array<ArrayBuffer>;
}

export interface ModelSource {
  describe(): Promise<ModelDescription>;
  look(input: ModelInput, signal: AbortSignal): Promise<ModelLook>;
  pictures(input: ModelInput, cells: number, signal: AbortSignal): Promise<Pictures>;
  /** [T, T] */
  head(input: ModelInput, layer: number, head: number, signal: AbortSignal): Promise<Float32Array<ArrayBuffer>>;
  activity(input: ModelInput, layer: number, quantity: string, signal: AbortSignal): Promise<Activity>;
  gradient(input: ModelInput, position: number, signal: AbortSignal): Promise<ModelGradient>;
  next(input: ModelInput, settings: SamplingSettings, signal: AbortSignal): Promise<ModelDraw>;
}

/** Bytes of answers kept, so that a step seen before is drawn at once. */
const mostBytes = 48 << 20;

export class ServerSource implements ModelSource {
  readonly #path: string;
  readonly #kept = new Map<string, { value: unknown; bytes: number }>();
  #bytes = 0;

  constructor(run: string) {
    this.#path = `api/runs/${encodeURIComponent(run)}/model`;
  }

  /** Asked anew each time: a run that goes on gets new checkpoints. */
  async describe(): Promise<ModelDescription> {
    return (await answered(this.#path)).json() as Promise<ModelDescription>;
  }

  look(input: ModelInput, signal: AbortSignal): Promise<ModelLook> {
    return this.#json('look', input, signal);
  }

  pictures(input: ModelInput, cells: number, signal: AbortSignal): Promise<Pictures> {
    return this.#remembered('attention', { ...input, cells }, signal, async (response) => {
      const [layers, heads, side] = shapeOf(response);
      const values = new Uint8Array(await response.arrayBuffer());
      return [{ layers, heads, cells: side, values }, values.length];
    });
  }

  head(input: ModelInput, layer: number, head: number, signal: AbortSignal): Promise<Float32Array<ArrayBuffer>> {
    return this.#remembered('head', { ...input, layer, head }, signal, async (response) => {
      const values = new Float32Array(await response.arrayBuffer());
      return [values, values.byteLength];
    });
  }

  activity(input: ModelInput, layer: number, quantity: string, signal: AbortSignal): Promise<Activity> {
    return this.#remembered('activity', { ...input, layer, quantity }, signal, async (response) => {
      const [steps, hidden] = shapeOf(response);
      const values = new Float32Array(await response.arrayBuffer());
      return [{ steps, hidden, values }, values.byteLength];
    });
  }

  gradient(input: ModelInput, position: number, signal: AbortSignal): Promise<ModelGradient> {
    return this.#json('gradient', { ...input, position }, signal);
  }

  next(input: ModelInput, settings: SamplingSettings, signal: AbortSignal): Promise<ModelDraw> {
    return this.#json('next', { ...input, ...settings }, signal);
  }

  #json<T>(what: string, body: object, signal: AbortSignal): Promise<T> {
    return this.#remembered(what, body, signal, async (response) => {
      const text = await response.text();
      return [JSON.parse(text) as T, 2 * text.length];
    });
  }

  /** What was answered to the same question, or else asks; the oldest answers are forgotten. */
  async #remembered<T>(
    what: string,
    body: object,
    signal: AbortSignal,
    read: (response: Response) => Promise<[T, number]>,
  ): Promise<T> {
    const key = `${what} ${JSON.stringify(body)}`;
    const found = this.#kept.get(key);
    if (found) return found.value as T;
    const [value, bytes] = await read(await answered(`${this.#path}/${what}`, body, signal));
    this.#kept.set(key, { value, bytes });
    this.#bytes += bytes;
    for (const [oldest, { bytes }] of this.#kept) {
      if (this.#bytes <= mostBytes) break;
      this.#kept.delete(oldest);
      this.#bytes -= bytes;
    }
    return value;
  }

  /** The weights of a run that goes on may be replaced under the same step. */
  forget(): void {
    this.#kept.clear();
    this.#bytes = 0;
  }
}

function shapeOf(response: Response): number[] {
  return (response.headers.get('x-shape') ?? '').split(',').map(Number);
}

async function answered(path: string, body?: object, signal?: AbortSignal): Promise<Response> {
  let response: Response;
  try {
    const sent = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
    response = await fetch(path, { ...(body ? sent : {}), signal });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiFailure('AWAY', 'The server does not answer.');
  }
  if (response.ok) return response;
  const answer = ((await response.json().catch(() => undefined)) ?? {}) as Partial<ApiError>;
  const { code = 'INTERNAL', message = `The server answered ${response.status}.` } = answer;
  throw new ApiFailure(code, message);
}
