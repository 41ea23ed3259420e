/**
 * The language task: from a recipe and a text to something the training loop can train.
 *
 * The text is split in order (its end is never trained on); training draws windows at random offsets and
 * evaluates on a fixed set of them, as nanoGPT does; at the end the whole validation part is scored. A corpus that knows
 * its documents can be trained on row by row of them, with attention kept inside each.
 */
import {
  allDocuments,
  cutWindows,
  type DocumentSource,
  documentMask,
  documentWindows,
  drawDocuments,
  OffsetSampler,
  splitFraction,
  type TokenSource,
} from '../data/index.ts';
import { LookbackError } from '../errors.ts';
import { generate, sampler } from '../generate/index.ts';
import { GPT, RecurrentLanguageModel } from '../models/index.ts';
import type { ForwardOptions } from '../nn/index.ts';
import { Random } from '../random.ts';
import { inference, scope, type Tensor, tensor } from '../tensor/index.ts';
import { CharacterTokenizer, encodePlain, encodeUtf8, type Tokenizer } from '../text/index.ts';
import type { Batch, Evaluation, Trainable } from '../train/index.ts';
import type { LanguageRecipe } from './recipe.ts';

/** Windows of ids and their successors, each [B, T]; `count` of the targets count. */
export interface TokenBatch extends Batch {
  readonly inputs: Int32Array;
  readonly targets: Int32Array;
  readonly rows: number;
  /** With a document mask: document and place of each token, [B, T]. */
  readonly documents?: Int32Array;
  readonly positions?: Int32Array;
}

/** A corpus that is ids already, as shards are; what is read of it need not be held in memory. */
export interface EncodedCorpus {
  readonly train: TokenSource | DocumentSource;
  readonly validation: TokenSource | DocumentSource;
  /** UTF-8 bytes of text behind one id of the validation part. */
  readonly bytesPerToken: number;
  /** Gives files back; what is asked for later opens them again. */
  close?(): void;
}

export type LanguageModel = GPT | RecurrentLanguageModel;

/** The model a recipe describes, freshly initialised from its seed. */
export function buildLanguageModel(recipe: LanguageRecipe, vocabulary: number): LanguageModel {
  const { model, context, train } = recipe;
  const random = new Random(train.seed, 'parameters');
  switch (model.kind) {
    case 'gpt': {
      const { kind, ...config } = model;
      return new GPT({ ...config, vocabulary, context }, { random });
    }
    case 'lstm':
    case 'gru':
      return new RecurrentLanguageModel({ ...model, vocabulary }, { random });
    default:
      return model satisfies never;
  }
}

/** A language model in training, with its text cut into ids. */
export class LanguageTask implements Trainable<TokenBatch> {
  readonly unit = 'tokens';
  readonly model: LanguageModel;
  readonly train: TokenSource;
  readonly validation: TokenSource;
  /** UTF-8 bytes behind one id of the validation part: what turns nats a token into bits a byte. */
  readonly bytesPerToken: number;
  readonly tokenizer: Tokenizer;
  /** Gives back the files of the corpus. */
  readonly close: () => void;
  private readonly sampler: OffsetSampler;
  private draws = 0;

  /** @throws LookbackError BAD_ARGUMENT when the text is too short for the context, RECIPE_INVALID */
  constructor(
    readonly recipe: LanguageRecipe,
    corpus: string | EncodedCorpus,
    tokenizer: Tokenizer = CharacterTokenizer.fromText(typeof corpus === 'string' ? corpus : ''),
  ) {
    const encoded = typeof corpus === 'string' ? encodeCorpus(corpus, tokenizer, recipe.data.validation) : corpus;
    const { train, validation, bytesPerToken } = encoded;
    const { packing, documentMask } = recipe.data;
    if (packing === 'documents' || documentMask) {
      for (const part of [train, validation]) documentsOf(part, documentMask ? 'documentMask' : 'packing');
    }
    this.close = () => encoded.close?.();
    this.tokenizer = tokenizer;
    this.train = train;
    this.validation = validation;
    this.bytesPerToken = bytesPerToken;
    const { context } = recipe;
    this.sampler = new OffsetSampler({ length: train.length, context, seed: recipe.train.seed });
    if (validation.length <= context) {
      throw new LookbackError('DATA_INVALID', {
        where: 'data.validation',
        expected: `more than context = ${context} tokens held out`,
        got: String(validation.length),
        next: 'Hold out more, shorten the context, or bring more text',
      });
    }
    if (recipe.sample.length > 0) checkPrompt(recipe.sample.prompt, tokenizer);
    this.model = buildLanguageModel(recipe, tokenizer.vocabularySize);
  }

  next(): TokenBatch {
    return this.draw(this.train, this.sampler, this.draws++);
  }

  loss(batch: TokenBatch, options: ForwardOptions): Tensor {
    return this.lossOf(batch, { ...options, labelSmoothing: this.recipe.train.labelSmoothing });
  }

  /** Mean loss over fixed random windows of both parts, in nats per token, and bits per byte. */
  evaluate(): Evaluation {
    const { train, context } = this.recipe;
    const mean = (ids: TokenSource, stream: string) => {
      const sampler = new OffsetSampler({ length: ids.length, context, seed: train.seed, stream });
      let sum = 0;
      for (let i = 0; i < train.evaluation.batches; i++) sum += this.score(this.draw(ids, sampler, i));
      return sum / train.evaluation.batches;
    };
    const validationLoss = mean(this.validation, 'evaluation');
    const trainLoss = mean(this.train, 'evaluation.train');
    return {
      score: validationLoss,
      metrics: { validationLoss, trainLoss, bitsPerByte: this.bitsPerByte(validationLoss) },
    };
  }

  /** Nats a token of the validation part as bits a byte, which models of different tokenizers can be compared by. */
  bitsPerByte(nats: number): number {
    return nats / Math.LN2 / this.bytesPerToken;
  }

  /**
   * Loss over the whole validation part, nats per token: every id but the first is predicted once, from
   * up to T ids before it in its window. Windows do not overlap, so early positions see little context. Where documents
   * are kept apart, the first id of each is not predicted.
   */
  validationLoss(): number {
    let sum = 0;
    let count = 0;
    for (const batch of this.wholeValidation()) {
      if (batch.count === 0) continue;
      sum += this.score(batch) * batch.count;
      count += batch.count;
    }
    return sum / count;
  }

  private *wholeValidation(): Generator<TokenBatch> {
    const { context, data } = this.recipe;
    const rows = 64;
    if (data.packing === 'documents') {
      for (const batch of allDocuments(documentsOf(this.validation), { rows, context })) yield this.masked(batch);
      return;
    }
    const windows = Math.floor((this.validation.length - 1) / context);
    for (let first = 0; first < windows; first += rows) {
      const here = Math.min(rows, windows - first);
      yield this.cut(
        this.validation,
        Array.from({ length: here }, (_, i) => (first + i) * context),
      );
    }
  }

  /** Text that continues `prompt`, the prompt included. Characters the training text lacks are refused. */
  async sample({ prompt, length, temperature, topK }: LanguageRecipe['sample'], random: Random): Promise<string> {
    const ids = [...encodePlain(this.tokenizer, prompt)];
    const choose = sampler({ temperature, topK: topK ?? undefined });
    for await (const id of generate(this.model, ids.slice(), { length, sampler: choose, random })) ids.push(id);
    return this.tokenizer.decode(ids);
  }

  cursor(): { draws: number } {
    return { draws: this.draws };
  }

  moveTo(cursor: unknown): void {
    this.draws = (cursor as { draws: number }).draws;
  }

  /** Batch number `i` of a sampler, which is keyed by it alone. */
  private draw(ids: TokenSource, sampler: OffsetSampler, i: number): TokenBatch {
    const { context, data, train } = this.recipe;
    if (data.packing !== 'documents') return this.cut(ids, sampler.offsetsAt(i, train.batch));
    const random = new Random(train.seed, `${sampler.stream}.documents.${i}`);
    return this.masked(drawDocuments(documentsOf(ids), { rows: train.batch, context, random }));
  }

  private cut(ids: TokenSource, offsets: ArrayLike<number>): TokenBatch {
    const { context, data } = this.recipe;
    if (data.documentMask) return documentWindows(documentsOf(ids), offsets, context);
    const { inputs, targets } = cutWindows(ids, offsets, context);
    return { inputs, targets, rows: offsets.length, count: targets.length };
  }

  /** Without a mask, documents lie beside each other and nothing says so. */
  private masked(batch: TokenBatch): TokenBatch {
    return this.recipe.data.documentMask ? batch : { ...batch, documents: undefined, positions: undefined };
  }

  private lossOf(
    { inputs, targets, rows, documents, positions }: TokenBatch,
    options: ForwardOptions & { labelSmoothing?: number },
  ): Tensor {
    const { context } = this.recipe;
    const shape = [rows, context];
    const [ids, next] = [tensor(inputs, { shape }), tensor(targets, { shape })];
    if (!documents || !positions || !(this.model instanceof GPT)) return this.model.loss(ids, next, options);
    const mask = tensor(documentMask({ documents, rows }), { shape: [rows, context, context], dtype: 'u8' });
    return this.model.loss(ids, next, { ...options, mask, places: tensor(positions, { shape }) });
  }

  /** Nats a token, without smoothing. */
  private score(batch: TokenBatch): number {
    return scope(() => inference(() => this.lossOf(batch, {})).item());
  }
}

/** @throws LookbackError DATA_INVALID for ids that do not know their documents */
function documentsOf(ids: TokenSource, key = 'packing'): DocumentSource {
  if ('documentAt' in ids) return ids as DocumentSource;
  throw new LookbackError('DATA_INVALID', {
    where: `data.${key}`,
    expected: 'shards, which know where documents begin',
    got: 'one text',
    next: 'Run lookback data prepare on the documents and name its folder, or leave the key out',
  });
}

function encodeCorpus(text: string, tokenizer: Tokenizer, share: number): EncodedCorpus {
  const { train, validation } = splitFraction(encodePlain(tokenizer, text), { validation: share });
  const bytes = encodeUtf8(tokenizer.decode(validation)).length;
  return { train, validation, bytesPerToken: bytes / Math.max(1, validation.length) };
}

/** Refuses a prompt before the training that would end in it. */
function checkPrompt(prompt: string, tokenizer: Tokenizer): void {
  try {
    encodePlain(tokenizer, prompt);
  } catch (cause) {
    if (!(cause instanceof LookbackError)) throw cause;
    const next = 'Change sample.prompt, or set sample.length to 0';
    throw new LookbackError('RECIPE_INVALID', { ...cause.parts, where: 'sample.prompt', next, cause });
  }
}
