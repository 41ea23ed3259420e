import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { setBackend } from '../backends/backend.ts';
import '../backends/init.ts';
import type { RecurrentState } from '../nn/index.ts';
import { inference, scope, tensor } from '../tensor/index.ts';
import { crossEntropy } from '../tensor/ops/loss.ts';
import { CharacterTokenizer } from '../text/tokenizer.ts';
import { readCharRnn } from './charRnn.ts';

const data = process.env.LOOKBACK_DATA ?? '../shared/data';
const folder = `${data}/models/charRNN/shakespeare`;
const text = `${data}/text/tinyshakespeare.txt`;
const present = existsSync(`${folder}/manifest.json`) && existsSync(text);
if (!present) console.info(`skipped: ${folder} or ${text} is not there (set LOOKBACK_DATA)`);

function load() {
  const manifest = JSON.parse(readFileSync(`${folder}/manifest.json`, 'utf8'));
  const vocabulary = JSON.parse(readFileSync(`${folder}/vocab.json`, 'utf8'));
  const entries = Object.values(manifest) as { filename: string }[];
  const files = new Map(
    entries.map(({ filename }) => [filename, new Uint8Array(readFileSync(`${folder}/${filename}`))]),
  );
  return { manifest, vocabulary, files };
}

describe('readCharRnn', () => {
  it('names the variable that is missing', () => {
    expect(() => readCharRnn({ manifest: {}, vocabulary: {}, files: new Map() })).toThrow(/charRNN embedding/);
  });

  it.skipIf(!present)('predicts the last tenth of tinyshakespeare at 1.35 nats a character or less', () => {
    const lanes = 100; // pieces of the text side by side, each from a zero state
    const chunk = 100;
    setBackend(undefined); // the default one: the reference backend would take minutes
    const { model, characters } = readCharRnn(load());
    const whole = readFileSync(text, 'utf8');
    const ids = new CharacterTokenizer(characters).encode(whole.slice(Math.floor(whole.length * 0.9)));
    const T = Math.floor((ids.length - 1) / lanes);
    /** Steps [from, to) of every lane, `ahead` characters on. */
    const window = (from: number, to: number, ahead: number) => {
      const rows = Array.from({ length: lanes }, (_, lane) => [
        ...ids.slice(lane * T + from + ahead, lane * T + to + ahead),
      ]);
      return tensor(rows, { dtype: 'i32' });
    };
    let nats = 0;
    let state: RecurrentState[] | undefined;
    inference(() => {
      for (let from = 0; from < T; from += chunk) {
        const to = Math.min(T, from + chunk);
        const after = scope(() => {
          const run = model.run(window(from, to, 0), { state });
          nats += (crossEntropy(run.logits, window(from, to, 1)).item() * (to - from)) / T;
          return run.state;
        });
        state = after;
      }
    });
    console.info(`charRNN shakespeare: ${nats.toFixed(4)} nats a character over ${lanes * T}`);
    expect(nats).toBeLessThanOrEqual(1.35);
    expect(nats).toBeGreaterThan(1);
  });
});
