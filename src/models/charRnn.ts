/**
 * Reads a character LSTM that TensorFlow trained (sherjilozair/char-rnn-tensorflow, as published by ml5's charRNN) into a
 * RecurrentLanguageModel.
 *
 * Its BasicLSTMCell keeps one matrix [in + H, 4H] with gates in the order i, j, f, o (j is our g) and adds 1 to the
 * forget gate when it runs; here the gates become i, f, g, o, the matrix two [4H, in] and [4H, H], and the 1 a bias.
 */
import { LookbackError } from '../errors.ts';
import type { StateEntry } from '../nn/index.ts';
import { Random } from '../random.ts';
import { RecurrentLanguageModel } from './recurrentLanguageModel.ts';

export interface CharRnnFiles {
  /** `manifest.json`: for each variable its file and shape. */
  manifest: Readonly<Record<string, { filename: string; shape: readonly number[] }>>;
  /** `vocab.json`: the id of each character. */
  vocabulary: Readonly<Record<string, number>>;
  /** The bytes of each file the manifest names: little-endian f32. */
  files: ReadonlyMap<string, Uint8Array>;
}

/**
 * The model, in eval mode, and its characters in the order of their ids.
 *
 * @throws LookbackError FILE_INVALID when a variable is missing or its file has another size than its shape.
 */
export function readCharRnn({ manifest, vocabulary, files }: CharRnnFiles): {
  model: RecurrentLanguageModel;
  characters: string[];
} {
  const variable = (name: string, rank: number): StateEntry => {
    const entry = manifest[name];
    const bytes = entry && files.get(entry.filename);
    const size = entry?.shape.reduce((a, b) => a * b, 1);
    if (!bytes || entry.shape.length !== rank || bytes.length !== (size ?? 0) * 4) {
      return refuse(name, `${rank} axes and 4 bytes a number`, `${bytes?.length ?? 'no'} bytes for [${entry?.shape}]`);
    }
    return { shape: entry.shape, data: new Float32Array(new Uint8Array(bytes).buffer) };
  };
  const layers = Object.keys(manifest).filter((name) => /cell_\d+\/basic_lstm_cell\/weights$/.test(name)).length;
  const embedding = variable('embedding', 2);
  const [V, width] = embedding.shape;
  const state = new Map<string, StateEntry>([
    ['embedding.weight', embedding],
    ['head.weight', transposed(variable('rnnlm/softmax_w', 2))],
    ['head.bias', variable('rnnlm/softmax_b', 1)],
  ]);
  for (let layer = 0; layer < layers; layer++) {
    const name = `rnnlm/multi_rnn_cell/cell_${layer}/basic_lstm_cell`;
    const weights = variable(`${name}/weights`, 2);
    const biases = variable(`${name}/biases`, 1);
    if (weights.shape[0] !== 2 * width || weights.shape[1] !== 4 * width || biases.shape[0] !== 4 * width) {
      refuse(name, `weights [${2 * width}, ${4 * width}]`, `[${weights.shape}]`);
    }
    const rows = gatesInOrder(transposed(weights), width);
    const bias = gatesInOrder({ shape: [4 * width, 1], data: biases.data }, width).data.map((b, i) =>
      i >= width && i < 2 * width ? b + 1 : b,
    );
    const path = `recurrent.layers.${layer}`;
    state.set(`${path}.inputWeight`, columns(rows, 0, width));
    state.set(`${path}.recurrentWeight`, columns(rows, width, 2 * width));
    state.set(`${path}.inputBias`, { shape: [4 * width], data: bias });
    state.set(`${path}.recurrentBias`, { shape: [4 * width], data: new Float32Array(4 * width) });
  }
  const model = new RecurrentLanguageModel({ vocabulary: V, kind: 'lstm', layers, width }, { random: new Random(0) });
  model.loadStateDict(state);
  return { model: model.eval(), characters: charactersOf(vocabulary, V) };
}

/** The published vocab.json lost the letters u and U when Python's u'' prefixes were cut off: '  ' is u and '' is U. */
function charactersOf(vocabulary: Readonly<Record<string, number>>, count: number): string[] {
  const characters = new Array<string>(count).fill('');
  for (const [key, id] of Object.entries(vocabulary)) characters[id] = key === '' ? 'U' : key === '  ' ? 'u' : key;
  if (characters.length !== count || characters.includes('')) {
    refuse('vocabulary', `ids from 0 to ${count - 1}`, `${Object.keys(vocabulary).length} entries`);
  }
  return characters;
}

function transposed({ shape: [rows, count], data }: StateEntry): StateEntry {
  const out = new Float32Array(data.length);
  for (let r = 0; r < rows; r++) for (let c = 0; c < count; c++) out[c * rows + r] = data[r * count + c];
  return { shape: [count, rows], data: out };
}

/** Blocks of H rows in the order i, j, f, o become i, f, g, o. */
function gatesInOrder({ shape: [rows, count], data }: StateEntry, hidden: number): StateEntry & { data: Float32Array } {
  const out = new Float32Array(data.length);
  const block = hidden * count;
  [0, 2, 1, 3].forEach((from, to) => {
    out.set(data.subarray(from * block, (from + 1) * block), to * block);
  });
  return { shape: [rows, count], data: out };
}

function columns({ shape: [rows, count], data }: StateEntry, from: number, to: number): StateEntry {
  const out = new Float32Array(rows * (to - from));
  for (let r = 0; r < rows; r++) out.set(data.subarray(r * count + from, r * count + to), r * (to - from));
  return { shape: [rows, to - from], data: out };
}

function refuse(name: string, expected: string, got: string): never {
  throw new LookbackError('FILE_INVALID', { where: `charRNN ${name}`, expected, got, next: 'Fetch the files again' });
}
