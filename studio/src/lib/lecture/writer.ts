/** A small GPT that learns the artificial language in the page, beside the n-grams counted on the same text. */
import { generate, sampler } from '../../../../src/generate/index.ts';
import { GPT } from '../../../../src/models/index.ts';
import { adamw, chain, clipByGlobalNorm, createOptimizer, warmupCosine } from '../../../../src/optim/index.ts';
import { Random } from '../../../../src/random.ts';
import { inference, scope, type Tensor, tensor, valueAndGrad } from '../../../../src/tensor/index.ts';
import { CharacterTokenizer, crossEntropy, trainNgram } from '../../../../src/text/index.ts';
import { drawText } from './grammar.ts';
import type { FromWorker, LanguageTrace } from './protocol.ts';

const [B, T] = [12, 48];
const steps = 900;
const trainCharacters = 60_000;
const heldOutCharacters = 8_000;
const line = 'the whale that the sailors saw sings.';

export async function trainWriter(
  backend: string,
  tell: (message: FromWorker) => void,
  pause: () => Promise<void>,
): Promise<void> {
  const train = drawText(new Random(1, 'train'), trainCharacters);
  const held = drawText(new Random(1, 'held out'), heldOutCharacters);
  const tokenizer = CharacterTokenizer.fromText(train.text);
  const [ids, heldIds] = [tokenizer.encode(train.text), tokenizer.encode(held.text)];
  const vocabulary = tokenizer.vocabularySize;
  const model = new GPT(
    { vocabulary, context: T, layers: 2, heads: 2, width: 48, positions: 'rotary', norm: 'rmsNorm', bias: false },
    { random: new Random(1, 'model') },
  );
  const floors = [2, 3, 5].map((order) => ({
    name: `${order}-gram`,
    value: crossEntropy(trainNgram(ids, { order, vocabularySize: vocabulary }), heldIds),
  }));
  floors.push({ name: 'entropy of the grammar', value: held.entropy });
  tell({ kind: 'floors', floors, characters: train.text.length, parameters: model.parameterCount(), steps, backend });

  const rate = warmupCosine({ peak: 5e-3, warmup: 40, steps, floor: 5e-4 });
  const optimizer = createOptimizer(chain(clipByGlobalNorm(1), adamw({ rate, decay: 0.05 })), model);
  const random = new Random(2, 'batches');
  const cut = (from: Int32Array, starts: number[], shift: number) =>
    tensor(Int32Array.from(starts.flatMap((start) => [...from.subarray(start + shift, start + shift + T)])), {
      shape: [starts.length, T],
    });
  const windows = Array.from({ length: Math.floor((heldIds.length - 1) / T) }, (_, i) => i * T).slice(0, 64);
  for (let step = 0; step <= steps; step++) {
    if (step % 25 === 0) {
      const validation = scope(() =>
        inference(() => model.loss(cut(heldIds, windows, 0), cut(heldIds, windows, 1)).item()),
      );
      const trace: LanguageTrace = { step, tokens: step * B * T, validation, ...look(model, tokenizer) };
      if (step % 100 === 0) trace.sample = await write(model, tokenizer);
      tell({ kind: 'language', trace, done: step === steps });
      await pause();
    }
    scope(() => {
      const starts = Array.from({ length: B }, () => random.integer(ids.length - T - 1));
      valueAndGrad(model, () => model.loss(cut(ids, starts, 0), cut(ids, starts, 1)));
      optimizer.step();
    });
  }
  optimizer.dispose();
}

/** Patterns of the line, and how much each part adds to its residual stream. */
function look(model: GPT, tokenizer: CharacterTokenizer): Pick<LanguageTrace, 'line' | 'patterns' | 'parts'> {
  const patterns: number[][][] = [];
  const parts: LanguageTrace['parts'] = [];
  const ids = tokenizer.encode(line);
  const tap = {
    wants: (name: string) => /^embedding$|attention\.(pattern|output)$|mlp\.output$/.test(name),
    activation: (name: string, value: Tensor) => {
      const flat = value.dataSync();
      if (name.endsWith('pattern')) {
        const size = ids.length * ids.length;
        patterns.push(
          Array.from({ length: value.shape[1] }, (_, head) => [...flat.slice(head * size, (head + 1) * size)]),
        );
        return undefined;
      }
      const width = value.shape[2];
      const lengths = Array.from({ length: ids.length }, (_, t) =>
        Math.hypot(...flat.slice(t * width, (t + 1) * width)),
      );
      const block = /blocks\.(\d+)/.exec(name);
      const label = block ? `${name.includes('mlp') ? 'MLP' : 'attention'} ${Number(block[1]) + 1}` : 'embedding';
      parts.push({ name: label, length: lengths.reduce((sum, one) => sum + one, 0) / lengths.length });
      return undefined;
    },
  };
  scope(() => inference(() => model.forward(tensor(ids, { shape: [1, ids.length] }), { tap })));
  return { line, patterns, parts };
}

async function write(model: GPT, tokenizer: CharacterTokenizer): Promise<string> {
  const ids = [...tokenizer.encode('the ')];
  const options = { length: 44, sampler: sampler({ temperature: 0.8 }), random: new Random(9, 'sample') };
  for await (const id of generate(model, ids.slice(), options)) ids.push(id);
  return tokenizer.decode(ids);
}
