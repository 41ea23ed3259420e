import fc from 'fast-check';
import { expect, it } from 'vitest';
import { LookbackError } from '../errors.ts';
import { parseRecipe } from './recipe.ts';
import { decodeShare, encodeShare, shareAddress } from './share.ts';

const recipe = parseRecipe({
  task: 'forecast',
  data: { source: 'airline-passengers', period: 12 },
  window: { lookback: 12, horizon: 6 },
  model: { kind: 'lstm', hidden: 8 },
});
const shared = { recipe, dataHash: 'a'.repeat(64), parametersHash: 'b'.repeat(64), version: '0.1.0' };

/** A code as `encodeShare` packs it, of anything. */
async function pack(content: unknown): Promise<string> {
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  const packed = new Blob([text]).stream().pipeThrough(new CompressionStream('deflate') as never);
  return Buffer.from(await new Response(packed as ReadableStream).arrayBuffer()).toString('base64url');
}

it('brings a run back from its code', async () => {
  const code = await encodeShare(shared);
  expect(code.length).toBeLessThan(700);
  expect(await decodeShare(code)).toEqual(shared);
  expect(shareAddress(code, 'https://example.org/site/#/lecture')).toBe(
    `https://example.org/site/#/shared?run=${code}`,
  );
  expect(
    await decodeShare(await encodeShare({ ...shared, dataHash: `${'a'.repeat(64)}+${'c'.repeat(64)}` })),
  ).toMatchObject({ recipe });
});

it('refuses what is not whole, not ours or too large, each with its code', async () => {
  const code = await encodeShare(shared);
  const good = { v: 1, lookback: '0.1.0', recipe, data: shared.dataHash, parameters: shared.parametersHash };
  const bad: [string, RegExp][] = [
    ['', /holds no run/],
    [code.slice(0, -20), /cut or changed/],
    [`${code}%00`, /characters that no link/],
    ['A'.repeat(20_000), /20000 characters long/],
    [await pack('x'.repeat(2_000_000)), /more than 65536 bytes/],
    [await pack('null'), /holds no run/],
    [await pack('{"v":'), /cut or changed/],
    [await pack({ ...good, v: 9 }), /version 9/],
    [await pack({ ...good, data: '../../etc/passwd' }), /hash of its data/],
    [await pack({ ...good, parameters: 7 }), /hash of its parameters/],
    [await pack({ ...good, lookback: 'x'.repeat(1000) }), /which Lookback/],
    [await pack({ ...good, recipe: { ...recipe, model: { kind: 'lstm', hiden: 3 } } }), /did you mean hidden/],
    [await pack('{"v":1,"__proto__":{"recipe":1},"recipe":[]}'), /hash of its data/],
  ];
  for (const [text, message] of bad) {
    const error = await decodeShare(text).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(LookbackError);
    expect(error.code).toBe(/did you mean/.test(message.source) ? 'RECIPE_INVALID' : 'LINK_INVALID');
    expect(error.message).toMatch(message);
  }
});

it('never throws anything but a LookbackError, whatever was done to a code', async () => {
  const code = await encodeShare(shared);
  const coded = (text: string) =>
    decodeShare(text).then(
      () => true,
      (error) => error instanceof LookbackError,
    );
  const letter = fc.constantFrom(...'ABCxyz019-_');
  const changed = fc
    .tuple(fc.nat(code.length - 1), letter)
    .map(([at, to]) => code.slice(0, at) + to + code.slice(at + 1));
  const settings = { seed: 3, numRuns: 150 };
  await fc.assert(fc.asyncProperty(fc.oneof(changed, fc.string(), fc.base64String()), coded), settings);
  await fc.assert(
    fc.asyncProperty(fc.json(), async (json) => coded(await pack(json))),
    settings,
  );
});
