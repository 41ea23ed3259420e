import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LookbackError } from '../errors.ts';
import { applyOverrides, formatRecipe, parseRecipe, parseRecipeText, readRecipeText, resolveRecipe } from './recipe.ts';

const airline = `task: forecast
data: { source: airline-passengers }
window: { lookback: 24, horizon: 12 }
model: { kind: lstm, hidden: 32 }
train: { learningRate: { peak: 3e-3, warmup: 50, decay: cosine } }
`;
const gpt = { task: 'language', data: { source: 'moby-dick' }, model: { kind: 'gpt' } } as const;

function refusal(action: () => unknown): LookbackError {
  try {
    action();
  } catch (error) {
    if (error instanceof LookbackError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('parseRecipe', () => {
  it('fills in every default and survives a round trip through YAML', () => {
    const recipe = parseRecipeText(airline);
    expect(recipe.model).toEqual({ kind: 'lstm', hidden: 32, layers: 1, dropout: 0 });
    expect(recipe.train.learningRate).toEqual({ peak: 3e-3, warmup: 50, decay: 'cosine', floor: 0 });
    expect(recipe.train.earlyStopping).toBeNull();
    expect(parseRecipeText(formatRecipe(recipe))).toEqual(recipe);
    expect(parseRecipe(recipe)).toEqual(recipe);
  });

  it('turns a plain learning rate into a constant schedule', () => {
    const recipe = resolveRecipe({ ...gpt, train: { learningRate: 0.01 } });
    expect(recipe.train.learningRate).toEqual({ peak: 0.01, warmup: 0, decay: 'constant', floor: 0 });
  });

  it('lists every problem by dotted path, with the nearest key and the line', () => {
    const text = airline.replace('hidden', 'hiden').replace('horizon: 12', 'horizon: 1.5').replace('cosine', 'cosin');
    const { code, message } = refusal(() => parseRecipeText(text, 'x.yaml'));
    expect(code).toBe('RECIPE_INVALID');
    expect(message).toContain('x.yaml: 3 problems');
    expect(message).toContain('model.hiden: unknown key, did you mean hidden (line 4)');
    expect(message).toContain('window.horizon: expected a whole number, got 1.5 (line 3)');
    expect(message).toContain(
      'train.learningRate.decay: expected constant, cosine or linear, got "cosin", did you mean cosine (line 5)',
    );
  });

  it('suggests the nearest task and kind', () => {
    expect(refusal(() => parseRecipe({ ...gpt, task: 'langage' })).message).toContain('did you mean language');
    expect(refusal(() => parseRecipe({ ...gpt, model: { kind: 'lstn' } })).message).toContain('did you mean lstm');
  });

  it.each([
    [{ ...gpt, model: { kind: 'gpt', width: 130 } }, 'model.width: expected a multiple of model.heads (4), got 130'],
    [{ ...gpt, model: { kind: 'gpt', kvHeads: 3 } }, 'model.kvHeads: expected a divisor'],
    [{ ...gpt, model: { kind: 'gpt', width: 12, positions: 'rotary' } }, 'an even width per head'],
    [{ ...gpt, train: { momentum: 0.9 } }, 'train.momentum: expected 0 with adamw'],
    [{ ...gpt, train: { nesterov: true } }, 'train.nesterov: expected false with adamw'],
    [{ ...gpt, train: { optimizer: 'sgd', nesterov: true } }, 'train.nesterov: expected false without train.momentum'],
    [{ ...gpt, train: { optimizer: 'muon', momentum: 1 } }, 'train.momentum: expected less than 1, got 1'],
    [{ ...gpt, train: { labelSmoothing: 1 } }, 'train.labelSmoothing: expected less than 1, got 1'],
    [{ ...gpt, train: { average: 1 } }, 'train.average: expected less than 1, got 1'],
    [
      {
        task: 'forecast',
        data: { source: 'x' },
        window: {},
        model: { kind: 'linear' },
        train: { labelSmoothing: 0.1 },
      },
      'labelSmoothing',
    ],
    [{ ...gpt, train: { steps: 10, learningRate: { peak: 1, warmup: 11 } } }, 'at most train.steps (10)'],
    [{ ...gpt, train: { learningRate: { peak: 0.1, floor: 1 } } }, 'at most the peak (0.1)'],
    [{ task: 'forecast', data: {}, window: {}, model: { kind: 'linear' } }, 'either source or sources, got neither'],
    [{ ...gpt, train: { seed: -1 } }, 'train.seed: expected at least 0, got -1'],
    [{ ...gpt, train: { learningRate: 'fast' } }, 'expected a number or a mapping, got "fast"'],
  ])('refuses %j', (recipe, message) => {
    expect(refusal(() => parseRecipe(recipe)).message).toContain(message);
  });

  it('names line and column of a YAML syntax error', () => {
    const { message } = refusal(() => parseRecipeText('task: forecast\ndata: [a\n', 'x.yaml'));
    expect(message).toMatch(/^x\.yaml:\d+:\d+: not valid YAML/);
  });

  it('never throws anything but a LookbackError', () => {
    const known = fc.constantFrom('task', 'data', 'model', 'train', 'kind', 'source', 'forecast', 'gpt', '__proto__');
    const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        fc.anything(),
        known,
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(fc.oneof(known, fc.string()), tie('tree'), { maxKeys: 4 }),
      ),
    }));
    const onlyCoded = (action: () => unknown) => {
      try {
        action();
      } catch (error) {
        expect(error).toBeInstanceOf(LookbackError);
      }
    };
    const seeded = { seed: 7, numRuns: 400 };
    fc.assert(
      fc.property(tree, (value) => onlyCoded(() => parseRecipe(value))),
      seeded,
    );
    fc.assert(
      fc.property(tree, (model) => onlyCoded(() => parseRecipe({ ...gpt, model }))),
      seeded,
    );
    fc.assert(
      fc.property(tree, (train) => onlyCoded(() => parseRecipe({ ...gpt, train }))),
      seeded,
    );
    fc.assert(
      fc.property(fc.string(), (text) => onlyCoded(() => parseRecipeText(airline + text))),
      seeded,
    );
    const flags = fc.array(fc.tuple(fc.string(), fc.string()).map(([key, value]) => `--model.${key}=${value}`));
    fc.assert(
      fc.property(flags, (words) => onlyCoded(() => applyOverrides(gpt, words))),
      seeded,
    );
  });
});

describe('applyOverrides', () => {
  const recipe = readRecipeText(airline);

  it('sets values at dotted keys and leaves the original alone', () => {
    const before = structuredClone(recipe);
    const flags = ['--model.hidden', '128', '--train.seed=3', '--transform', '[log, difference]', '--train.clip=null'];
    const changed = parseRecipe(applyOverrides(recipe, flags));
    expect(changed.model).toMatchObject({ hidden: 128 });
    expect(changed.train).toMatchObject({ seed: 3, clip: null });
    expect(changed).toMatchObject({ transform: ['log', 'difference'] });
    expect(recipe).toEqual(before);
  });

  it.each([
    [['--model.hiden', '1'], 'RECIPE_INVALID', '--model.hiden: unknown key, did you mean hidden'],
    [['--modl.hidden', '1'], 'RECIPE_INVALID', '--modl.hidden: unknown key, did you mean model'],
    [['--train.steps=many'], 'RECIPE_INVALID', '--train.steps: expected a number, got "many"'],
    [['--train.seed'], 'USAGE', '--train.seed: expected a value after it'],
    [['--train.seed', '--model.hidden=3'], 'USAGE', '--train.seed: expected a value after it'],
    [['loose'], 'USAGE', 'expected --key value, got "loose"'],
    [['--__proto__.x=1'], 'USAGE', 'expected keys joined by dots'],
  ])('refuses %j', (flags, code, message) => {
    const error = refusal(() => applyOverrides(recipe, flags));
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
  });
});
