/**
 * `JSON.parse` that refuses what it would pass over in silence: a key given twice, and the key `__proto__`.
 *
 * For files from strangers, where a second entry of one name would hide the first.
 */

/** Parses a JSON text. Throws SyntaxError for text that is not JSON, a repeated key, or `__proto__` as a key. */
export function parseUniqueJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  // The text is valid from here on, so finding the strings and the braces is enough to find the keys.
  const keysByDepth: Set<string>[] = [];
  for (const match of text.matchAll(/("(?:[^"\\]+|\\.)*")[ \t\n\r]*(:?)|[{}]/g)) {
    const [token, string, colon] = match;
    if (token === '{') keysByDepth.push(new Set());
    else if (token === '}') keysByDepth.pop();
    else if (string && colon) {
      const key = JSON.parse(string) as string;
      const keys = keysByDepth.at(-1);
      if (key === '__proto__') throw new SyntaxError('the key __proto__ is refused');
      if (keys?.has(key)) throw new SyntaxError(`the key ${JSON.stringify(key)} stands there twice`);
      keys?.add(key);
    }
  }
  return value;
}
