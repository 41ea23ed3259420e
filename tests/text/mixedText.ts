/** Seeded text of every kind a tokenizer meets: prose, code, scripts, emoji, marks, white space, bytes, all code points. */
import { Random } from '../../src/random.ts';
import { decodeUtf8 } from '../../src/text/utf8.ts';

const words =
  `the quick Brown fox JUMPS over lazyDog's I'll we've THEY'RE don't 'S 'ſ naïve Straße façade ΑΒΓ Ωμέγα Привет мир
 HTTPServer camelCase snake_case x1y2 3.14159 1234567 0xFF 10,000 e-mail www.example.com/path?q=1&r=2 // ;; ==> !== \`\`\` 안녕하세요
 こんにちは 世界 你好 مرحبا שלום हिन्दी ไทย ﬁ ǅ ʰ ª º ½ ² ٣ ७ Ⅷ é ñ à̧́ ‍ 👩‍👩‍👧 😉 🏳️‍🌈 🇩🇪 👍🏽 \uFEFF \u0085`.split(
    /[ \n]+/,
  );
const spaces = [
  ' ',
  ' ',
  ' ',
  ' ',
  '  ',
  '\n',
  '\n\n',
  '\r\n',
  '\t',
  '\t\t',
  ' \n ',
  '   ',
  '\u00a0',
  '\u3000',
  '\u0085',
  '\uFEFF',
  '\u2028',
  '',
];
const code = [
  'if (a[i] === b) {\n    return x++;\n}\n',
  'def f(self, *args):\n\treturn {k: v for k, v in args}\n',
  '<div class="a">&nbsp;</div>\r\n',
  '#include <stdio.h>\n/* … */\n',
  "'''doc'''//\n/\n",
  'SELECT * FROM t WHERE id=42;\n',
];
const ranges: readonly (readonly [number, number])[] = [
  [0x20, 0x7e],
  [0xa0, 0x24f],
  [0x300, 0x36f],
  [0x370, 0x52f],
  [0x590, 0x6ff],
  [0x900, 0xdff],
  [0xe00, 0xe7f],
  [0x3040, 0x30ff],
  [0x4e00, 0x9fff],
  [0xac00, 0xd7a3],
  [0x1f300, 0x1faff],
  [0x2000, 0x206f],
  [0x1d400, 0x1d7ff],
]; // prettier-ignore

/** About `size` UTF-16 units. */
export function mixedText(size: number, seed: number): string {
  const random = new Random(seed, 'mixed text');
  const pick = <T>(list: readonly T[]): T => list[random.integer(list.length)];
  const parts: string[] = [];
  let length = 0;
  while (length < size) {
    let part = '';
    const kind = random.integer(10);
    if (kind < 5) for (let i = 0; i < 30; i++) part += pick(words) + pick(spaces);
    else if (kind < 6) part = pick(code);
    else if (kind < 9) {
      const [low, high] = pick(ranges);
      for (let i = 0; i < 20; i++) {
        part += String.fromCodePoint(low + random.integer(high - low + 1));
        if (random.integer(5) === 0) part += pick(spaces);
      }
    } else {
      const bytes = Uint8Array.from({ length: 40 }, () => random.integer(256));
      part = decodeUtf8(bytes).replace(/\p{Surrogate}/gu, '\uFFFD');
    }
    parts.push(part);
    length += part.length;
  }
  return parts.join('');
}

/** Every code point but the surrogates, each between neighbours that show its class. */
export function everyCodePoint(from = 0, to = 0x110000): string {
  const parts: string[] = [];
  for (let code = from; code < to; code++) {
    if (code >= 0xd800 && code <= 0xdfff) continue;
    const character = String.fromCodePoint(code);
    parts.push(`a${character}B${character}${character} ${character}c1${character}2 !${character}'\n`);
  }
  return parts.join('');
}
