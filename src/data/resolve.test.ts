import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { dataSets } from './index.ts';
import { findFile, resolveSeries, resolveText } from './node.ts';

const shared = process.env.LOOKBACK_DATA ?? '../shared/data';
const coded = (code: string) => expect.objectContaining({ code });

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lookback-data-'));
  vi.stubEnv('LOOKBACK_DATA', '');
  vi.stubEnv('XDG_CACHE_HOME', join(folder, 'cache'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

/** Writes a file under the test's folder and returns its path. */
function put(path: string, content: string | Uint8Array): string {
  const whole = join(folder, path);
  mkdirSync(join(whole, '..'), { recursive: true });
  writeFileSync(whole, content);
  return whole;
}

describe('what comes with the package', () => {
  test('the 144 airline months', async () => {
    const { name, series } = await resolveSeries('airline-passengers');
    const [{ values, times, period, start }] = series;
    expect([name, series.length, period, start, values.length]).toEqual(['airline-passengers', 1, 12, '1949-01', 144]);
    expect([values[0], values[143], times?.[0], times?.[143]]).toEqual([112, 432, '1949-01', '1960-12']);
    expect((await resolveSeries('airline-passengers', { period: 6 })).series[0].period).toBe(6);
    await expect(resolveSeries('airline-passengers', { column: 'passenger' })).rejects.toThrow(
      /Did you mean passengers/,
    );
  });

  test('Moby Dick, in reading order', async () => {
    const { text, name, sha256 } = await resolveText('moby-dick');
    expect(name).toBe('moby-dick');
    const chapters = [...text.matchAll(/^CHAPTER (\d+)\. /gm)].map(([, number]) => Number(number));
    expect(chapters).toEqual(Array.from({ length: 135 }, (_, i) => i + 1));
    expect(text.startsWith('ETYMOLOGY.')).toBe(true);
    expect(text.endsWith('only found another orphan.\n')).toBe(true);
    expect(text.length).toBeGreaterThan(1_190_000);
    expect(text).not.toContain('\r');
    expect((await resolveText('moby-dick')).sha256).toBe(sha256);
  });
});

describe('a file of your own', () => {
  test('text, without its byte order mark', async () => {
    const plain = await resolveText(put('a.txt', 'über\n'));
    expect(plain).toMatchObject({ name: 'a', text: 'über\n' });
    expect(await resolveText(put('b.txt', '\uFEFFüber\n'))).toMatchObject({ text: plain.text, sha256: plain.sha256 });
  });

  test('series, by path', async () => {
    const path = put('my.csv', 'date,a,b\n2000-01-01,1,2\n2000-01-02,3,4\n');
    const { name, series } = await resolveSeries(path, { column: 'b', period: 7 });
    expect([name, series.length]).toEqual(['my', 1]);
    expect(series[0]).toMatchObject({
      name: 'my',
      period: 7,
      times: ['2000-01-01', '2000-01-02'],
      start: '2000-01-01',
    });
    expect([...series[0].values]).toEqual([2, 4]);
    const both = (await resolveSeries(path, { column: ['a', 'b'] })).series;
    expect(both.map((one) => one.name)).toEqual(['a', 'b']);
  });

  test('empty, not UTF-8, a folder, or of the wrong kind is refused', async () => {
    await expect(resolveText(put('empty.txt', ' \n'))).rejects.toThrow(/is empty/);
    await expect(resolveSeries(put('empty.csv', ''))).rejects.toThrow(/is empty/);
    await expect(resolveText(put('latin.txt', Uint8Array.of(0x66, 0xfc, 0x72)))).rejects.toThrow(/not UTF-8/);
    await expect(resolveText(folder)).rejects.toThrow(coded('DATA_INVALID'));
    await expect(resolveText('a.csv')).rejects.toThrow(coded('DATA_INVALID'));
    await expect(resolveSeries('a.txt')).rejects.toThrow(coded('DATA_INVALID'));
    await expect(resolveText('airline-passengers')).rejects.toThrow(/expected a text set, got a series set.*moby-dick/);
    await expect(resolveSeries('moby-dick')).rejects.toThrow(/Choose among airline-passengers/);
  });

  test('an unknown name is answered with the nearest set', async () => {
    await expect(resolveText('moby-dik')).rejects.toThrow(/Did you mean moby-dick/);
    await expect(resolveText('moby-dik')).rejects.toThrow(coded('DATA_MISSING'));
  });
});

describe('a registered file', () => {
  test('is looked up by name in LOOKBACK_DATA and three levels below, then in the cache', () => {
    const cached = put('cache/lookback/x.txt', 'cached');
    expect(findFile('x.txt')).toBe(cached);
    vi.stubEnv('LOOKBACK_DATA', join(folder, 'given'));
    expect(findFile('x.txt')).toBe(cached);
    put('given/1/2/3/4/x.txt', 'too deep');
    expect(findFile('x.txt')).toBe(cached);
    const deep = put('given/1/2/3/x.txt', 'deep');
    expect(findFile('x.txt')).toBe(deep);
    const near = put('given/9/x.txt', 'near');
    expect(findFile('x.txt')).toBe(near);
  });

  test('that is missing is answered with the file, its address and the place', async () => {
    const missing = resolveText('tinyshakespeare', { allowDownload: false });
    await expect(missing).rejects.toThrow(coded('DATA_MISSING'));
    const message = await missing.catch((error: Error) => error.message);
    expect(message).toContain('tinyshakespeare.txt');
    expect(message).toContain(
      'https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt',
    );
    expect(message).toContain(join(folder, 'cache', 'lookback'));
    expect(message).toContain('LOOKBACK_DATA');
  });

  test('of other content than registered is refused', async () => {
    put('cache/lookback/tinyshakespeare.txt', 'First Citizen:\n');
    await expect(resolveText('tinyshakespeare')).rejects.toThrow(coded('DATA_INVALID'));
    await expect(resolveText('tinyshakespeare')).rejects.toThrow(/name it by its path/);
  });

  test.skipIf(!existsSync(shared))('is read where LOOKBACK_DATA has it (skipped without that folder)', async () => {
    vi.stubEnv('LOOKBACK_DATA', shared);
    for (const set of dataSets.filter(({ files }) => files.length > 0 && findFile(files[0].name))) {
      if (set.kind === 'text') expect((await resolveText(set.name)).text.length).toBeGreaterThan(1000);
      else expect((await resolveSeries(set.name)).series[0].values.length).toBeGreaterThan(1000);
    }
    const { text } = await resolveText('tinyshakespeare');
    expect([text.length, new Set(text).size]).toEqual([1115394, 65]);
  });
});
