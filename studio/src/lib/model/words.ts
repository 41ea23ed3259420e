/** Tokens and quantities in words. */

const shown: Record<string, string> = { ' ': '␣', '\n': '⏎', '\t': '⇥', '\r': '␍', '': '∅' };

/** A token fit to be seen: blanks as signs, other control characters as their code point. */
export function tokenName(token: string): string {
  const known = shown[token];
  if (known !== undefined) return known;
  const [code = 0] = [token.codePointAt(0)];
  if (token.length <= 2 && (code < 32 || code === 127 || (code >= 0x80 && code < 0xa0))) {
    return `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
  }
  return token;
}

/** `23.4 %`, `0.02 %`, `< 0.01 %`. */
export function percent(share: number): string {
  const value = 100 * share;
  if (value === 0) return '0 %';
  if (value < 0.01) return '< 0.01 %';
  return `${value >= 10 ? value.toFixed(1) : value.toFixed(2)} %`;
}

/** `blocks.1.output` as `after block 2`, `lstm.0.state` as `hidden state, layer 1`. */
export function traceName(name: string): string {
  const [, layer = '0'] = /\.(\d+)\./.exec(name) ?? [];
  if (name.startsWith('blocks.')) return `after block ${Number(layer) + 1}`;
  if (name.endsWith('.state')) return `hidden state, layer ${Number(layer) + 1}`;
  return name;
}

/**
 * A value's place on its fixed colour scale, -1 to 1: a cell through tanh as the output sees it, a gate from closed to
 * open, everything else as it is. Fixed, so that colours mean the same at every step of training.
 */
export function onScale(quantity: string, value: number): number {
  if (quantity === 'cell') return Math.tanh(value);
  return ['input', 'forget', 'output', 'reset', 'update'].includes(quantity) ? 2 * value - 1 : value;
}

/** What the two ends of the scale mean. */
export function scaleEnds(quantity: string): [string, string] {
  if (quantity === 'cell') return ['tanh −1', 'tanh 1'];
  return onScale(quantity, 0) === -1 ? ['closed', 'open'] : ['−1', '1'];
}
