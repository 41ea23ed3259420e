/**
 * Reads a llama2.c checkpoint (karpathy/llama2.c, `run.c`, the legacy version 0 .bin) into a GPT.
 *
 * Format, little-endian: seven int32 (dim, hidden_dim, n_layers, n_heads, n_kv_heads, vocab_size, seq_len; a negative
 * vocab_size says that the output has a matrix of its own), then f32 matrices [out, in] by kind, each for all layers.
 * Rotary channels turn in neighbouring pairs; the norm's epsilon is 1e-5 (the file does not say).
 */
import { LookbackError } from '../errors.ts';
import type { StateEntry } from '../nn/index.ts';
import { Random } from '../random.ts';
import { GPT, type GPTConfig } from './gpt.ts';

const headerBytes = 28;

/**
 * The model in `bytes`, in eval mode.
 *
 * @throws LookbackError FILE_INVALID when the header is impossible or the file has another length than it says.
 */
export function readLlama2c(bytes: Uint8Array, where = 'llama2.c checkpoint'): GPT {
  const config = readConfig(bytes, where);
  const { vocabulary: V, context, layers, heads, kvHeads, width: C, mlpWidth: M, tieWeights } = config;
  const headWidth = C / heads;
  const state = new Map<string, StateEntry>();
  let offset = headerBytes;
  const take = (count: number): Float32Array => {
    if (offset + count * 4 > bytes.length) {
      refuse(where, `it ends inside the weights (${bytes.length} bytes)`);
    }
    // A copy: the bytes need not be aligned. (`slice` of a Node Buffer is none.)
    const values = new Float32Array(new Uint8Array(bytes.subarray(offset, offset + count * 4)).buffer);
    offset += count * 4;
    return values;
  };
  const one = (name: string, ...shape: number[]) => {
    state.set(name, { shape, data: take(shape.reduce((a, b) => a * b, 1)) });
  };
  const everyLayer = (name: string, ...shape: number[]) => {
    for (let layer = 0; layer < layers; layer++) one(`blocks.${layer}.${name}`, ...shape);
  };
  one('embedding.weight', V, C);
  everyLayer('attentionNorm.weight', C);
  everyLayer('attention.query.weight', C, C);
  everyLayer('attention.key.weight', kvHeads * headWidth, C);
  everyLayer('attention.value.weight', kvHeads * headWidth, C);
  everyLayer('attention.output.weight', C, C);
  everyLayer('mlpNorm.weight', C);
  everyLayer('mlp.gate.weight', M, C);
  everyLayer('mlp.output.weight', C, M);
  everyLayer('mlp.hidden.weight', M, C);
  one('norm.weight', C);
  take(context * headWidth); // tables of cosines and sines [context, headWidth / 2], twice; rotary makes its own
  if (!tieWeights) one('head.weight', V, C);
  if (offset !== bytes.length) refuse(where, `${bytes.length - offset} bytes follow the weights`);

  const model = new GPT(config, { random: new Random(0) });
  model.loadStateDict(state);
  return model.eval();
}

function readConfig(bytes: Uint8Array, where: string): Required<Omit<GPTConfig, 'dropout' | 'rotaryBase'>> {
  if (bytes.length < headerBytes) refuse(where, `it has ${bytes.length} bytes, too few for a header`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, headerBytes);
  const [width, mlpWidth, layers, heads, kvHeads, vocabulary, context] = Array.from({ length: 7 }, (_, i) =>
    view.getInt32(i * 4, true),
  );
  const V = Math.abs(vocabulary);
  const sizes = [width, mlpWidth, layers, heads, kvHeads, V, context];
  // Every size multiplies something of at least 4 bytes in the file, so larger ones cannot be true.
  const possible =
    sizes.every((size) => size > 0 && size <= bytes.length) &&
    width % heads === 0 &&
    heads % kvHeads === 0 &&
    (width / heads) % 2 === 0 &&
    V * width * 4 <= bytes.length &&
    layers * width * (width + mlpWidth) * 4 <= bytes.length;
  if (!possible) refuse(where, `its header (${sizes.join(', ')}) cannot be one of llama2.c's`);
  return {
    vocabulary: V,
    context,
    layers,
    heads,
    kvHeads,
    width,
    mlpWidth,
    positions: 'rotary',
    window: 0,
    norm: 'rmsNorm',
    mlp: 'swiglu',
    bias: false,
    tieWeights: vocabulary > 0,
    normEpsilon: 1e-5,
    rotaryInterleaved: true,
  };
}

function refuse(where: string, problem: string): never {
  throw new LookbackError('FILE_INVALID', { where, problem, next: 'Give a checkpoint in llama2.c version 0 format' });
}
