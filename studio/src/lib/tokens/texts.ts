/** Texts to cut without having one at hand: each shows something that tokenizers do differently. */

export interface SampleText {
  readonly label: string;
  readonly text: string;
}

export const sampleTexts: readonly SampleText[] = [
  {
    label: 'A letter',
    text: `Dear Ada,

you asked why the machine does not read letters. It could: there are few of them, and none is ever unknown. But then \
“unbelievable” is twelve steps long, and whoever looks back over a page looks back over two thousand of them. So we \
count which neighbours stand together most often and glue those, again and again, until the common words are one piece \
each and the uncommon ones, like “phlogiston”, still come apart into something.

Yours, Charles`,
  },
  {
    label: 'Code',
    text: `def naive(history: list[float], horizon: int) -> list[float]:
    """The last value, repeated."""
    if not history:
        raise ValueError("nothing to repeat")
    return [history[-1]] * horizon
`,
  },
  {
    label: 'Numbers',
    text: '7 42 365 1961 65536 3.14159265 1,000,000 0x7f 2026-11-22 112 118 132 129 121 135 148 148 136 119 104 118',
  },
  {
    label: 'Languages',
    text: 'hello123!!!? (안녕하세요!) 😉 Straßenbahn façade naïve Ελλάδα привет नमस्ते ありがとう 谢谢 שלום مرحبا 👩‍🚀 e\u0301',
  },
  { label: 'White space', text: 'one two  three   four\tfive\u00a0six\n\n    indented\n\ttabbed\r\nend  ' },
  { label: 'Special tokens', text: 'The first text ends here.<|endoftext|>The second begins.' },
];
