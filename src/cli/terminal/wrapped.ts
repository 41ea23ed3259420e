/** Sentences and cells that fit a terminal. Where nobody looks at a width (a file, a pipe) text stays as it is. */
import type { Terminal } from './terminal.ts';

/** The text with line breaks between words, no line longer than the terminal is wide. */
export function wrapped(text: string, { interactive, width }: Pick<Terminal, 'interactive' | 'width'>): string {
  if (!interactive) return text;
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines[lines.length - 1];
    if (line !== '' && line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines.join('\n');
}

/** The text, or as much of it as `most` columns hold, with a sign that there is more. */
export const cut = (text: string, most: number): string =>
  text.length <= most ? text : `${text.slice(0, Math.max(0, most - 1)).trimEnd()}…`;
