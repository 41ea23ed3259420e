import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { lookback } from '../../../tests/commandLine.ts';

describe('lookback learn', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lookback-learn-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  afterEach(() => {
    process.exitCode = undefined;
  });

  async function learn(...words: string[]) {
    const { status, ...said } = await lookback(['learn', ...words, '--folder', folder], { width: 80 });
    return { status: status || process.exitCode || 0, ...said };
  }
  const file = join(folder, '6-kv-cache.ts');
  const fill = (value: string) =>
    writeFileSync(file, readFileSync(file, 'utf8').replace(/return .*;/, `return ${value};`));

  it('writes an exercise once, and again only by force', async () => {
    const begun = await learn('kv-cache');
    expect(begun).toMatchObject({ status: 0, error: '' });
    expect(begun.out).toContain(file);
    expect(begun.out).toContain('lookback learn check 6');
    fill('1');
    expect((await learn('6')).out).toContain('left as it is');
    expect(readFileSync(file, 'utf8')).toContain('return 1;');
    await learn('6', '--force');
    expect(readFileSync(file, 'utf8')).toContain('return 0;');
  });

  it('checks: status 1 and the number that differs until it is right', async () => {
    fill('layers * 2 * heads * headWidth * 2');
    const wrong = await learn('check', '6');
    expect(wrong.status).toBe(1);
    expect(wrong.out).toContain('Keys and values are kept for each of kvHeads');
    expect(wrong.out).toContain('expected 131072, got 524288');
    process.exitCode = undefined;
    expect((await learn()).out).toMatch(/6 +Bytes of the KV cache +size +begun/);
    fill('layers * 2 * kvHeads * headWidth * 2');
    expect(await learn('check')).toMatchObject({ status: 0, out: expect.stringContaining('✓ 6. Bytes') });
    expect((await learn()).out).toMatch(/6 +Bytes of the KV cache +size +✓ solved/);
    const { exercises } = JSON.parse((await learn('check', '6', '--json')).out);
    expect(exercises).toMatchObject([{ number: 6, solved: true, passed: 4, total: 4 }]);
  });

  it('refuses what is not there', async () => {
    expect(await learn('99')).toMatchObject({ status: 2, error: expect.stringContaining('USAGE') });
    expect(await learn('check', '1')).toMatchObject({ status: 1, error: expect.stringContaining('lookback learn 1') });
  });
});
