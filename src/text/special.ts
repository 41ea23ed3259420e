/**
 * Special tokens in text: where they stand, and what happens to them.
 *
 * Text from outside that spells a control token must not become one unnoticed, so the default refuses it.
 */
import { LookbackError } from '../errors.ts';

/** `refuse` throws, `encode` gives the token's id, `text` treats it as any other text. */
export type SpecialHandling = 'refuse' | 'encode' | 'text';

/** A stretch of text: plain, or one special token. */
export interface Segment {
  readonly start: number;
  readonly end: number;
  /** Undefined for plain text. */
  readonly id?: number;
}

export class SpecialTokens {
  readonly ids: ReadonlyMap<string, number>;
  /** Those that plain text may hold: `handling` is not for them. */
  readonly plain: ReadonlySet<string>;
  /** The tokens by their first character, longest first. */
  readonly #byFirst = new Map<string, string[]>();

  /** @param plain tokens that are added to the vocabulary but control nothing, and are always encoded as themselves */
  constructor(tokens: Iterable<readonly [string, number]>, plain: Iterable<string> = []) {
    this.plain = new Set(plain);
    this.ids = new Map([...tokens].filter(([text]) => text.length > 0));
    const texts = [...this.ids.keys()].sort((a, b) => b.length - a.length);
    for (const text of texts) {
      const list = this.#byFirst.get(text[0]);
      if (list) list.push(text);
      else this.#byFirst.set(text[0], [text]);
    }
  }

  /** The text cut at the added tokens; one plain segment when there is none, none for an empty text. */
  split(text: string, onlyPlain = false): Segment[] {
    const places: Segment[] = [];
    for (const [first, all] of this.#byFirst) {
      const list = onlyPlain ? all.filter((token) => this.plain.has(token)) : all;
      if (list.length === 0) continue;
      for (let at = text.indexOf(first); at >= 0; at = text.indexOf(first, at + 1)) {
        const found = list.find((token) => text.startsWith(token, at));
        if (found !== undefined) places.push({ start: at, end: at + found.length, id: this.ids.get(found) });
      }
    }
    places.sort((a, b) => a.start - b.start);
    const segments: Segment[] = [];
    let from = 0;
    for (const place of places) {
      if (place.start < from) continue;
      if (place.start > from) segments.push({ start: from, end: place.start });
      segments.push(place);
      from = place.end;
    }
    if (from < text.length) segments.push({ start: from, end: text.length });
    return segments;
  }

  /** `split` as `handling` says. @throws DATA_INVALID for a special token that is refused, with its place */
  segments(text: string, handling: SpecialHandling, where: string): Segment[] {
    const segments = this.split(text, handling === 'text');
    const refused = ({ start, end, id }: Segment) => id !== undefined && !this.plain.has(text.slice(start, end));
    const special = handling === 'refuse' ? segments.find(refused) : undefined;
    if (special) {
      throw new LookbackError('DATA_INVALID', {
        where,
        expected: 'plain text',
        got: `the special token ${text.slice(special.start, special.end)} at index ${special.start}`,
        next: "Encode with special: 'encode' for the token itself, or special: 'text' for its letters",
      });
    }
    return segments;
  }
}
