/** Any text as text in HTML and XML. */

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** A text that stands for itself in HTML and XML, in attributes too; what XML may not hold becomes `�`. */
export function escaped(text: string): string {
  return text
    .replace(/[\p{Cc}\ufffe\uffff]/gu, (character) => (/[\t\n\r\x7f-\x9f]/.test(character) ? character : '\ufffd'))
    .replace(/[&<>"]/g, (character) => entities[character]);
}
