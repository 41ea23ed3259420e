/** Rules of a recipe that join two keys; each says which key to change. Single keys are bounded in `recipe-schema.ts`. */
import type { RecipeProblem } from './recipe-problems.ts';
import type { ForecastRecipe, LanguageRecipe, Recipe } from './recipe-schema.ts';

/** Every broken rule of an otherwise valid recipe. */
export function brokenRules(recipe: Recipe): RecipeProblem[] {
  const found: RecipeProblem[] = [];
  const report = (path: string, problem: string) => found.push({ path: path.split('.'), problem });
  const { optimizer, momentum = 0, nesterov, weightDecay, steps, learningRate } = recipe.train;
  const hasMomentum = optimizer === 'sgd' || optimizer === 'muon';
  if (momentum > 0 && !hasMomentum) report('train.momentum', `expected 0 with ${optimizer}, got ${momentum}`);
  if (nesterov && !hasMomentum) {
    report('train.nesterov', `expected false with ${optimizer}, got true; sgd and muon look ahead`);
  } else if (nesterov && optimizer === 'sgd' && momentum === 0) {
    report('train.nesterov', 'expected false without train.momentum, got true');
  }
  if (weightDecay > 0 && optimizer === 'adam') {
    report('train.weightDecay', `expected 0 with adam, got ${weightDecay}; adamw decays weights`);
  }
  if (learningRate.warmup > steps) {
    report('train.learningRate.warmup', `expected at most train.steps (${steps}), got ${learningRate.warmup}`);
  }
  if (learningRate.floor > learningRate.peak) {
    report('train.learningRate.floor', `expected at most the peak (${learningRate.peak}), got ${learningRate.floor}`);
  }
  if (recipe.task === 'forecast') forecastRules(recipe, report);
  else languageRules(recipe, report);
  return found;
}

type Report = (path: string, problem: string) => void;

function forecastRules(recipe: ForecastRecipe, report: Report): void {
  const { data, split, train, transform, model, window, loss, levels, scaling } = recipe;
  if ((data.source === undefined) === (data.sources === undefined)) {
    report('data', `expected either source or sources, got ${data.source === undefined ? 'neither' : 'both'}`);
  }
  if (train.earlyStopping && split.validation === 0) {
    report('split.validation', 'expected at least 1 with train.earlyStopping, got 0');
  }
  const names = transform.map((one) => (typeof one === 'string' ? one : one.name));
  names.forEach((name, i) => {
    if (names.indexOf(name) < i) report(`transform.${i}`, `expected each transform once, got ${name} again`);
    if ((name === 'log' || name === 'boxCox') && i > 0) {
      report(`transform.${i}`, `expected ${name} first, got it after ${names[i - 1]}`);
    }
    if ((name === 'centre' || name === 'normalize') && i < names.length - 1) {
      report(`transform.${i}`, `expected ${name} last, got it before ${names[i + 1]}`);
    }
  });
  if (model.kind === 'transformer' || model.kind === 'encoder') {
    attentionRules('hidden', model.hidden, model, report);
  }
  if (model.kind === 'patchtst') {
    const { patch, stride, hidden, heads } = model;
    if (hidden % heads !== 0) report('model.hidden', `expected a multiple of model.heads (${heads}), got ${hidden}`);
    if (patch % stride !== 0) report('model.patch', `expected a multiple of model.stride (${stride}), got ${patch}`);
    if (patch > window.lookback) {
      report('model.patch', `expected at most window.lookback (${window.lookback}), got ${patch}`);
    }
  }
  if (levels && !(levels.includes(0.5) && levels.every((level, i) => level > (levels[i - 1] ?? 0)))) {
    report('levels', `expected ascending numbers with 0.5 among them, got ${JSON.stringify(levels)}`);
  }
  if (scaling === 'season' && !(data.period !== undefined && data.period <= window.lookback)) {
    report('data.period', `expected 2 to window.lookback (${window.lookback}) with scaling season, got ${data.period}`);
  }
  // Quantiles of a sum are not the sum of quantiles.
  const distribution = loss === 'quantile' || loss === 'gaussian' || loss === 'studentT';
  if (distribution && transform.includes('difference')) {
    report('transform', `expected no difference with loss ${loss}, whose forecasts cannot be added up; scaling: last`);
  }
  if (distribution && transform.includes('seasonalDifference') && !((data.period ?? 1) >= window.horizon)) {
    report(
      'transform',
      `expected no seasonalDifference with loss ${loss} beyond one season (data.period); scaling: season`,
    );
  }
}

function languageRules({ model, data }: LanguageRecipe, report: Report): void {
  if (model.kind !== 'gpt') {
    if (data.documentMask) {
      report('data.documentMask', `expected false with ${model.kind}, whose state runs through the row, got true`);
    }
    return;
  }
  attentionRules('width', model.width, model, report);
  if (model.kvHeads !== undefined && model.heads % model.kvHeads !== 0) {
    report('model.kvHeads', `expected a divisor of model.heads (${model.heads}), got ${model.kvHeads}`);
  }
}

function attentionRules(key: string, width: number, model: { heads: number; positions: string }, report: Report): void {
  if (width % model.heads !== 0) {
    report(`model.${key}`, `expected a multiple of model.heads (${model.heads}), got ${width}`);
  } else if (model.positions === 'rotary' && (width / model.heads) % 2 !== 0) {
    report(`model.${key}`, `expected an even width per head with rotary positions, got ${width / model.heads}`);
  }
}
