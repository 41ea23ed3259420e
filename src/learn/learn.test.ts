import { describe, expect, it } from 'vitest';
import type { Exercise } from './exercise.ts';
import { exercises, findExercise } from './index.ts';
import { checkSource } from './run.node.ts';

/** The starter with its blank filled in: each pair is a text of the starter and what stands there instead. */
function filled({ starter }: Exercise, ...changes: [string, string][]): string {
  return changes.reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`the starter has no ${from}`);
    return text.replace(from, to);
  }, starter);
}

type Filling = [string, string][];

const cell = (c: string, h: string): Filling => [
  ['const cNext = c.map((value, j) => 0);', `const cNext = c.map((value, j) => ${c});`],
  ['const hNext = c.map((value, j) => 0);', `const hNext = cNext.map((value, j) => ${h});`],
];
const weighed = (score: string, mix = 'weights.reduce((sum, w, t) => sum + w * v[t][channel], 0)'): Filling => [
  ['const scores = k.map((key) => 0);', `const scores = k.map((key) => ${score});`],
  ['const weights = scores;', 'const weights = softmax(scores);'],
  ['query.map((_, channel) => 0)', `query.map((_, channel) => ${mix})`],
];
const counted = (attention: string, mlp: string): Filling => [
  ['const attention = 0;', `const attention = ${attention};`],
  ['const mlp = 0;', `const mlp = ${mlp};`],
];
const kept = (body: string): Filling => [['const kept = powers;', body]];
const gradient = (body: string): Filling => [['return logits.map(() => 0);', body]];
const stable =
  'const m = Math.max(...logits); const e = logits.map((l) => Math.exp(l - m)); const s = e.reduce((a, b) => a + b, 0);';
const order = 'const order = powers.map((_, id) => id).sort((a, b) => powers[b] - powers[a] || a - b);';
const bytes = (value: string): Filling => [['return 0;', `return ${value};`]];

/** The best pair by a comparison of [left, right, count], and what becomes of ids. */
const best = (
  better: string,
) => `const [pair] = [...counts].map(([key, count]) => [...key.split(' ').map(Number), count])
  .sort((a, b) => ${better}).map(([l, r]) => [l, r]);`;
const usual = best('b[2] - a[2] || b[0] - a[0] || b[1] - a[1]');
const put = `const merged: number[] = [];
  for (let i = 0; i < ids.length; i++) {
    const here = ids[i] === pair[0] && ids[i + 1] === pair[1];
    merged.push(here ? next : ids[i]);
    if (here) i++;
  }`;
const merging = (choice: string, replacing = put): Filling => [
  ['const pair = [ids[0], ids[1]];', choice],
  ['const merged = ids;', replacing],
];
const row = (body: string): Filling => [['return row;', body]];
const total = 'const total = row.reduce((a, b) => a + b, 0) + V * k;';
const pointing = (point: string, cosine = 'dot(word, unit(point))', skip = '[a, b, c].includes(i)'): Filling => [
  ['const point = units[a];', `const point = units[a].map((_, j) => ${point});`],
  ['units.map((word) => 0)', `units.map((word) => ${cosine})`],
  [
    'const answer = 0;',
    `const answer = cosines.reduce((best, value, i) => ${skip} ? best : best < 0 || value > cosines[best] ? i : best, -1);`,
  ],
];
const sumOf = (vectors: string) => `${vectors}[b][j] - ${vectors}[a][j] + ${vectors}[c][j]`;
const cutting = (bound: string, step = 'stride', target = 's + lookback, s + lookback + horizon'): Filling => [
  [
    '  // Your turn.',
    `for (let s = 0; ${bound}; s += ${step}) {
      inputs.push(series.slice(s, s + lookback)); targets.push(series.slice(${target}));
    } //`,
  ],
];
const fits = 's + lookback + horizon <= series.length';
const formulas = (one: string, two: string): Filling => [
  ['truth.map((_, i) => 0)', `truth.map((_, i) => { const t = from + i; return ${one}; })`],
  ['truth.map((_, i) => 0)', `truth.map((_, i) => { const t = from + i; return ${two}; })`],
];
const ratio = 'y[t - 1] * y[t - period] / y[t - period - 1]';
const through = (cell: string, keeping = 'kept *= f;'): Filling => [
  [
    'cells.push(c);',
    `const [i, f, g] = [sigmoid(input), sigmoid(forget), Math.tanh(candidate)]; ${keeping} c = ${cell}; cells.push(c);`,
  ],
];

const solutions: Record<string, Filling> = {
  'bpe-merge': merging(usual),
  'bigram-probabilities': row(`${total} return row.map((count) => total > 0 ? (count + k) / total : 1 / V);`),
  analogy: pointing(sumOf('units')),
  'make-windows': cutting(fits),
  'one-step-trap': formulas('y[t - 1]', ratio),
  'gate-arithmetic': through('f * c + i * g'),
  'lstm-cell': cell('f[j] * value + i[j] * g[j]', 'o[j] * Math.tanh(value)'),
  attention: weighed('dot(query, key) / Math.sqrt(query.length)'),
  'count-parameters': counted('4 * linear(C, C)', 'linear(C, 4 * C) + linear(4 * C, C)'),
  'top-k':
    kept(`${order} const stay = new Set(order.slice(0, k)); const some = powers.map((p, id) => stay.has(id) ? p : 0);
    const total = some.reduce((a, b) => a + b, 0); const kept = some.map((p) => p / total);`),
  'cross-entropy-gradient': gradient(`${stable} return e.map((value, j) => value / s - (j === target ? 1 : 0));`),
  'kv-cache': bytes('layers * 2 * kvHeads * headWidth * 2'),
};

/** What many write, and a word of what they are told. */
const wrong: Record<string, [Filling, RegExp][]> = {
  'bpe-merge': [
    [[], /as they were/],
    [merging(usual, 'const merged = ids;'), /pair is right/],
    [merging(best('a[2] - b[2]')), /rarest/],
    [merging(best('b[2] - a[2]')), /comes first/],
    [merging(`${best('b[2] - a[2]').replace('.sort', '.reverse().sort')}`), /comes last/],
    [merging(best('b[2] - a[2] || a[0] - b[0] || a[1] - b[1]')), /smaller left/],
    [merging(usual, put.replace('if (here) i++;', '')), /right half is still there/],
    [
      merging(usual, put.replace('if (here) i++;', 'if (here) { merged.push(...ids.slice(i + 2)); break; }')),
      /first place/,
    ],
    [
      merging(
        usual,
        `const here = (i: number) => ids[i] === pair[0] && ids[i + 1] === pair[1];
        const merged = ids.flatMap((id, i) => here(i) ? [next] : here(i - 1) ? [] : [id]);`,
      ),
      /into two pairs/,
    ],
    [
      merging(
        usual,
        `const merged: number[] = [];
        for (let i = ids.length - 1; i >= 0; i--) {
          const here = ids[i] === pair[1] && ids[i - 1] === pair[0];
          merged.unshift(here ? next : ids[i]);
          if (here) i--;
        }`,
      ),
      /from right to left/,
    ],
  ],
  'bigram-probabilities': [
    [[], /still the counts/],
    [
      row(`${total.replace(' + V * k', '')} return row.map((count) => total > 0 ? count / total : 1 / V);`),
      /k is not in them/,
    ],
    [
      row(`${total.replace(' + V * k', '')} return row.map((count) => total > 0 ? (count + k) / total : 1 / V);`),
      /more than one/,
    ],
    [
      row(`${total.replace('V * k', 'k')} return row.map((count) => total > 0 ? (count + k) / total : 1 / V);`),
      /once for each token/,
    ],
    [row('return row.map((count) => (count + k) / (ids.length - 1 + V * V * k));'), /all pairs/],
    [row(`${total} return row.map((count) => (count + k) / (total || 1));`), /row of zeros/],
    [
      row(`return row.map((count, j) => { const total = counts.reduce((sum, each) => sum + each[j], 0) + V * k;
        return total > 0 ? (count + k) / total : 1 / V; });`),
      /columns/,
    ],
  ],
  analogy: [
    [[], /still zero/],
    [pointing(sumOf('units'), 'dot(word, unit(point))', 'false'), /leave them out/],
    [pointing(sumOf('units'), 'dot(word, point)'), /dot products/],
    [pointing(sumOf('words')), /length one first/],
    [pointing('units[a][j] - units[b][j] + units[c][j]'), /turned round/],
    [pointing('units[a][j] - units[b][j] - units[c][j]'), /wrong sign/],
    [pointing('units[a][j] + units[b][j] + units[c][j]'), /added up/],
    [pointing('units[b][j] - units[a][j]'), /c is missing/],
  ],
  'make-windows': [
    [[], /no windows yet/],
    [cutting('s + lookback + horizon < series.length'), /last window is missing/],
    [cutting('s + lookback < series.length'), /run over the end|not a list/],
    [cutting(fits, 'stride', 's + lookback - 1, s + lookback - 1 + horizon'), /told what it is asked/],
    [
      cutting('s + lookback + horizon < series.length', 'stride', 's + lookback + 1, s + lookback + 1 + horizon'),
      /skipped/,
    ],
    [cutting(fits, '1'), /stride is not used/],
    [cutting(fits, 'lookback + horizon'), /do not overlap/],
    [cutting(fits, 'stride', 's + lookback, s + lookback + 1'), /first value of each/],
  ],
  'one-step-trap': [
    [[], /still forecast 0/],
    [formulas('y[t]', 'y[t]'), /the error is 0/],
    [formulas('y[t]', ratio), /persistence uses/],
    [formulas('y[from - 1]', ratio), /all the way/],
    [formulas('y[t - 1]', 'y[t - period]'), /this year’s level/],
    [formulas('y[t - 1]', 'y[t - 1] * y[t - period - 1] / y[t - period]'), /turned round/],
    [formulas('y[t - 1]', 'y[t] * y[t - period] / y[t - period - 1]'), /not known yet/],
    [formulas('y[t - 1]', 'y[t - 1] * y[t - period + 1] / y[t - period]'), /shifted by one/],
    [
      [
        ...formulas('y[t - 1]', ratio),
        ['(value - forecast[i]) ** 2', 'Math.abs(value - forecast[i])'],
        ['Math.sqrt(squares', '(squares'],
      ],
      /absolute errors/,
    ],
    [[...formulas('y[t - 1]', ratio), ['Math.sqrt(squares', '(squares']], /root is missing/],
  ],
  'gate-arithmetic': [
    [[], /never changes/],
    [through('i * c + f * g', 'kept *= i;'), /exchanged/],
    [through('f * c + i * g', 'kept = f;'), /last forget gate alone/],
    [through('f * c + i * g', 'kept = cells.length === 0 ? f : kept + f;'), /adds the forget gates up/],
    [through('f * c + i * g', ''), /still 1/],
    [through('f * c + i * g', 'kept *= i;'), /counts the input gates/],
    [through('f * c + g'), /all of g/],
    [[['cells.push(c);', 'kept *= forget; c = forget * c + input * candidate; cells.push(c);']], /as they are/],
    [
      [...through('f * c + i * g').map(([from, to]): [string, string] => [from, to.replace('Math.tanh', 'sigmoid')])],
      /not a sigmoid/,
    ],
    [
      [
        ...through('f * first + i * g'),
        ['const cells: number[] = [];', 'const cells: number[] = []; const first = c;'],
      ],
      /the step before/,
    ],
  ],
  'lstm-cell': [
    [[], /still zeros/],
    [cell('i[j] * g[j]', 'o[j] * Math.tanh(value)'), /old cell state is lost/],
    [cell('i[j] * value + f[j] * g[j]', 'o[j] * Math.tanh(value)'), /exchanged/],
    [cell('f[j] * value + i[j] * g[j]', 'o[j] * value'), /without its tanh/],
    [cell('f[j] * value + i[j] * g[j]', 'Math.tanh(value)'), /output gate/],
    [cell('f[j] * value + i[j] * g[j]', 'o[j] * Math.tanh(c[j])'), /old c/],
  ],
  attention: [
    [[], /still zero/],
    [weighed('dot(query, key)'), /not divided by √d/],
    [weighed('dot(query, key) / query.length'), /square root/],
    [weighed('dot(query, key) * Math.sqrt(query.length)'), /multiplied by √d/],
    [weighed('0'), /do not depend on the query/],
    [
      weighed('dot(query, key) / Math.sqrt(query.length)', 'weights.reduce((s, w, t) => s + w * k[t][channel], 0)'),
      /keys/,
    ],
    [
      [...weighed('dot(query, key) / Math.sqrt(query.length)').filter(([from]) => !from.includes('const weights'))],
      /softmax is missing/,
    ],
  ],
  'count-parameters': [
    [[], /still count as zero/],
    [counted('4 * C * C', '8 * C * C'), /biases/],
    [counted('3 * linear(C, C)', 'linear(C, 4 * C) + linear(4 * C, C)'), /four linear layers/],
    [counted('4 * linear(C, C)', 'linear(C, 4 * C)'), /one of its two/],
    [counted('4 * linear(C, C)', '2 * linear(C, C)'), /hidden layer has 4C/],
  ],
  'top-k': [
    [[], /Nothing has changed/],
    [
      kept(
        `${order} const stay = new Set(order.slice(0, k)); const kept = powers.map((p, id) => stay.has(id) ? p : 0);`,
      ),
      /add up to one/,
    ],
    [
      kept('const total = powers.reduce((a, b) => a + b, 0); const kept = powers.map((p) => p / total);'),
      /All tokens are still there/,
    ],
    [
      kept(`const total = powers.reduce((a, b) => a + b, 0); ${order} const stay = new Set(order.slice(0, k));
        const kept = powers.map((p, id) => stay.has(id) ? p / total : 0);`),
      /over all tokens/,
    ],
    [
      kept(`const least = [...powers].sort((a, b) => b - a)[Math.min(k, powers.length) - 1];
        const some = powers.map((p) => p >= least ? p : 0);
        const total = some.reduce((a, b) => a + b, 0); const kept = some.map((p) => p / total);`),
      /exactly k tokens/,
    ],
  ],
  'cross-entropy-gradient': [
    [[], /still zero/],
    [gradient(`${stable} return e.map((value) => value / s);`), /lacks its - 1/],
    [gradient(`${stable} return e.map((value, j) => (j === target ? 1 : 0) - value / s);`), /sign/],
    [gradient(`${stable} return e.map((value) => value / s - 1);`), /every token/],
    [
      gradient(`const e = logits.map(Math.exp); const s = e.reduce((a, b) => a + b, 0);
        return e.map((value, j) => value / s - (j === target ? 1 : 0));`),
      /NaN/,
    ],
  ],
  'kv-cache': [
    [[], /still zero/],
    [bytes('layers * kvHeads * headWidth * 2'), /Half/],
    [bytes('layers * 2 * heads * headWidth * 2'), /kvHeads/],
    [bytes('2 * kvHeads * headWidth * 2'), /one layer/],
    [bytes('layers * kvHeads * headWidth'), /numbers, not bytes/],
  ],
};

describe.each(exercises.map((exercise) => [exercise.name, exercise] as const))('exercise %s', (name, exercise) => {
  it('takes a right solution', async () => {
    const verdict = await checkSource(exercise, filled(exercise, ...solutions[name]));
    expect(verdict).toMatchObject({ solved: true, message: expect.stringContaining('Right') });
    expect(verdict.passed).toBe(verdict.total);
  });

  it.each(wrong[name])('names a typical mistake %#', async (filling, said) => {
    const verdict = await checkSource(exercise, filled(exercise, ...filling));
    expect(verdict.message).toMatch(said);
    expect(verdict.solved).toBe(false);
    expect(verdict.problem?.expected).not.toBe(verdict.problem?.got);
  });

  it('has cases that are plain numbers, and answers that are the same each time', () => {
    expect(JSON.parse(JSON.stringify(exercise.cases()))).toEqual(exercise.cases());
  });
});

describe('a learner’s code', () => {
  const { starter } = findExercise('kv-cache');
  /** Only what never ends may meet the limit, however busy the machine. */
  const check = (source: string, limit: number) => checkSource(findExercise('6'), source, { limit });
  const body = (text: string) => starter.replace('return 0;', text);

  it.each([
    ['a loop without an end', body('while (true) {}'), /did not end/],
    [
      'a loop of promises',
      body('const again = () => Promise.resolve().then(again); again(); return 1;'),
      /did not end|not what/,
    ],
    ['an endless loop beside the function', `for (;;);\n${starter}`, /did not end/],
    [
      'memory without an end',
      body('const all: unknown[] = []; for (;;) all.push(new Array(1e6).fill(layers));'),
      /memory|did not end/,
    ],
    ['an error', body('throw new Error("no idea")'), /throws: no idea/],
    ['an endless recursion', body('return cacheBytesPerToken({ layers, heads, kvHeads, headWidth })'), /throws/],
    ['a promise', starter.replace('export function', 'export async function').replace(': number', ''), /promise/],
    ['another type', body('return "131072" as never'), /a string, not a number/],
    ['nothing', body('return undefined as never'), /undefined, not a number/],
    ['a list', body('return [layers] as never'), /a list of 1, not a number/],
    ['no function', 'export const cacheBytes = 1;', /no exported function/],
    ['no TypeScript', starter.replace('return 0', 'return return 0'), /not TypeScript|does not run/],
    ['an import', `import { readFileSync } from 'node:fs';\n${starter}`, /leave out the import/],
    ['a look at the process', body('return (globalThis as any).process.pid'), /throws/],
    [
      'a way to modules',
      body("return (require as any)('node:fs').readFileSync('/etc/hostname').length"),
      /throws|does not run/,
    ],
    [
      'a program that closes its wrapper',
      `}); while (true) {} (function () {\n${starter}`,
      /not TypeScript|does not run|did not end/,
    ],
    ['a forged stringify', `JSON.stringify = () => '{"outcomes":[]}';\n${starter}`, /still zero/],
    ['an enormous answer', body("return 'x'.repeat(1 << 22) as never"), /cannot be read/],
  ])('may be %s', async (_, source, said) => {
    const verdict = await check(source, said.source.includes('did not end') ? 400 : 30_000);
    expect(verdict.message).toMatch(said);
    expect(verdict).toMatchObject({ solved: false });
  });

  it('is told which number of which case is wrong', async () => {
    const exercise = findExercise('lstm-cell');
    const source = filled(exercise, ...cell('f[j] * value + i[j] * g[j] + 0.001', 'o[j] * Math.tanh(value)'));
    const { message, problem, passed, total } = await checkSource(exercise, source);
    expect(message).toBe('c[0] is not what the engine gives.');
    expect(problem).toMatchObject({ about: 'a cell of 2 units', where: 'c[0]' });
    expect(Number(problem?.got) - Number(problem?.expected)).toBeCloseTo(0.001, 6);
    expect([passed, total]).toEqual([0, 5]);
  });
});

describe('findExercise', () => {
  it('knows numbers and names, and what is near a name', () => {
    expect(findExercise('2')).toBe(findExercise('attention'));
    expect(() => findExercise('atention')).toThrow(/Did you mean attention/);
    expect(() => findExercise('13')).toThrow(/1 to 12/);
  });
});
