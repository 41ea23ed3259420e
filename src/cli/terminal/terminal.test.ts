import { describe, expect, it } from 'vitest';
import { formatBytes, formatCount, formatDuration, formatNumber, formatPercent } from './format.ts';
import { plot } from './plot.ts';
import { Progress, type ProgressMode, progressLine, progressMode } from './progress.ts';
import { sparkline } from './sparkline.ts';
import { table } from './table.ts';
import { tickLabel, ticks } from './ticks.ts';

describe('format', () => {
  it.each([
    [formatDuration(0.0854), '85 ms'],
    [formatDuration(0.9999), '1.0 s'],
    [formatDuration(9.97), '10 s'],
    [formatDuration(59.6), '1 min 00 s'],
    [formatDuration(125), '2 min 05 s'],
    [formatDuration(3599.9), '1 h 00 min'],
    [formatDuration(7380), '2 h 03 min'],
    [formatDuration(Number.NaN), '?'],
    [formatBytes(512), '512 B'],
    [formatBytes(1536), '1.5 KiB'],
    [formatBytes(1024 * 1024 - 1), '1.0 MiB'],
    [formatCount(12_345), '12,345'],
    [formatCount(123_456), '123k'],
    [formatCount(999_999), '1.0M'],
    [formatNumber(4.17438), '4.174'],
    [formatNumber(0.00001234), '1.23e-5'],
    [formatNumber(123456), '123456'],
    [formatNumber(Number.POSITIVE_INFINITY), '∞'],
    [formatNumber(Number.NaN), 'NaN'],
    [formatPercent(0.0304), '3.04 %'],
  ])('%s', (text, expected) => expect(text).toBe(expected));
});

describe('ticks', () => {
  it('are round and inside the range', () => {
    expect(ticks(104, 622, 6).values).toEqual([200, 400, 600]);
    expect(ticks(-1, 1, 5).values).toEqual([-1, -0.5, 0, 0.5, 1]);
    expect(ticks(3, 3, 5).values).toEqual([3]);
  });

  it('have the decimals their step needs', () => {
    expect([tickLabel(-0, 0.5), tickLabel(1.5, 0.5), tickLabel(200, 100)]).toEqual(['0.0', '1.5', '200']);
  });
});

describe('plot', () => {
  it('draws a rising line from the lower left to the upper right, plain', () => {
    const lines = plot([{ name: 'up', values: [0, 5] }], { title: 'Rise', width: 14, height: 4 }).split('\n');
    expect(lines).toEqual([
      'Rise',
      '5 ┤         ··',
      '  │      ···',
      '  │  ····',
      '0 ┤··',
      '  └┬─────────┬',
      '   0         1',
      '   · up',
      '',
    ]);
  });

  it('keeps within its width, coloured or not, and tells series apart without colour', () => {
    const series = ['a', 'b', 'c'].map((name, k) => ({ name, values: Array.from({ length: 300 }, (_, i) => i * k) }));
    const plain = plot(series, { width: 60, height: 10 });
    expect(Math.max(...plain.split('\n').map((line) => line.length))).toBeLessThanOrEqual(60);
    expect(plain).toContain('* b');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the colour codes
    const coloured = plot(series, { width: 60, height: 10, colour: true }).replace(/\x1b\[\d+m/g, '');
    expect(Math.max(...coloured.split('\n').map((line) => line.length))).toBeLessThanOrEqual(60);
    expect(coloured).toMatch(/[\u2801-\u28ff]/);
  });

  it('survives gaps, flat curves, single points and nothing at all', () => {
    expect(plot([{ name: 'none', values: [null, Number.NaN] }])).toBe('(nothing to plot)\n');
    expect(plot([])).toBe('(nothing to plot)\n');
    const gap = plot([{ name: 'gap', values: [1, null, 1] }], { width: 20, height: 3 });
    expect(gap.split('\n').filter((line) => line.includes('·') && !line.includes('gap'))).toHaveLength(1);
    expect(plot([{ name: 'one', values: [5] }], { width: 20, height: 3 })).toContain('·');
  });
});

describe('table', () => {
  it('aligns figures to the right and marks the best row', () => {
    const rows = [
      ['LSTM', '6.21 %', 31.2],
      ['seasonal naive', '15.52 %', '—'],
    ];
    expect(table({ columns: ['model', 'MAPE', 'RMSE'], rows, highlight: 0 }).split('\n')).toEqual([
      '  model              MAPE  RMSE',
      '→ LSTM             6.21 %  31.2',
      '  seasonal naive  15.52 %     —',
      '',
    ]);
  });
});

describe('sparkline', () => {
  it('spans the range and averages what does not fit', () => {
    expect(sparkline([0, 1, 2, 3, 4, 5, 6, 7])).toBe('▁▂▃▄▅▆▇█');
    expect(sparkline([0, 0, 7, 7], 2)).toBe('▁█');
    expect(sparkline([1, 1])).toBe('▄▄');
    expect(sparkline([])).toBe('');
  });
});

describe('progress', () => {
  function follow(mode: ProgressMode) {
    let clock = 0;
    const out: string[] = [];
    const error: string[] = [];
    const terminal = {
      write: (text: string) => out.push(text),
      writeError: (text: string) => error.push(text),
      width: 80,
      colour: false,
      live: mode === 'live',
    };
    const progress = new Progress({ mode, terminal, unit: 'tokens', now: () => clock });
    for (let step = 0; step <= 100; step++) {
      progress.update({ step, total: 100, done: step * 50, values: { loss: 4 - step / 50 } });
      if (step === 50) progress.note('checkpoint saved');
      clock += 100;
    }
    progress.finish();
    return { out: out.join(''), error: error.join('') };
  }

  it('prints a plain line every few seconds and the last step', () => {
    const { error, out } = follow('lines');
    expect(out).toBe('');
    expect(error.split('\n')).toEqual([
      'step   0/100  loss 4.000',
      'step  50/100  loss 3.000  500 tokens/s  5.0 s left',
      'checkpoint saved',
      'step  51/100  loss 2.980  500 tokens/s  4.9 s left',
      'step 100/100  loss 2.000  500 tokens/s',
      '',
    ]);
  });

  it('knows the time left within a long step from the share that is done', () => {
    let clock = 0;
    let error = '';
    const writeError = (text: string) => (error += text);
    const terminal = { write: writeError, writeError, width: 80, colour: false, live: true };
    const progress = new Progress({ mode: 'live', terminal, unit: 'words', stepName: 'epoch', now: () => clock });
    for (let i = 0; i <= 10; i++, clock += 1000) {
      progress.update({ step: Math.floor(i / 5.5) + 1, total: 2, done: i * 300, share: i / 10 });
    }
    const lines = error.split('\r\x1b[2K').slice(1);
    expect(lines).toHaveLength(11);
    expect(lines[4]).toBe('████████░░░░░░░░░░░░  epoch 1/2  300 words/s  6.0 s left');
    expect(lines[9]).toBe('██████████████████░░  epoch 2/2  300 words/s  1.0 s left');
    expect(lines[10]).toBe('████████████████████  epoch 2/2  300 words/s');
  });

  it('rewrites one line on a terminal and never tears it', () => {
    const { error } = follow('live');
    expect(error.split('\n')).toHaveLength(3);
    expect(error).toContain('\r\x1b[2Kcheckpoint saved\n');
    expect(error).toContain('█');
  });

  it('gives machines JSON lines and says nothing when quiet', () => {
    const { out, error } = follow('json');
    const events = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(error).toBe('');
    expect(events.at(-1)).toEqual({
      event: 'progress',
      step: 100,
      total: 100,
      loss: 2,
      rate: 500,
      unit: 'tokens',
      secondsLeft: 0,
    });
    expect(follow('quiet')).toEqual({ out: '', error: '' });
  });

  it('cuts the line to the terminal', () => {
    const state = { step: 1, total: 10, values: { loss: 1, other: 2 }, unit: 'steps', rate: 3, secondsLeft: 3 };
    expect(progressLine({ ...state, width: 20 })).toHaveLength(20);
    expect(progressLine({ ...state, width: 79 }).length).toBeLessThanOrEqual(79);
  });

  it('chooses a mode', () => {
    expect(progressMode({ json: true, quiet: true }, { live: true })).toBe('json');
    expect(progressMode({ quiet: true }, { live: true })).toBe('quiet');
    expect(progressMode({}, { live: true })).toBe('live');
    expect(progressMode({}, { live: false })).toBe('lines');
  });
});
