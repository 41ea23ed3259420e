/**
 * Static figures as standalone SVG, the same in Node and in a page: a plot of marks becomes one self-contained text
 * with its title, its description and colours that follow the reader's light or dark theme. What is plotted is the
 * business of the files beside this one.
 */
import * as Plot from '@observablehq/plot';
import { escaped } from './escaped.ts';

export interface FigureOptions extends Plot.PlotOptions {
  /** Read out by screen readers and shown above the plot. */
  readonly title: string;
  /** One sentence under the title. */
  readonly subtitle?: string;
  /** Default: as the reader's system says. */
  readonly theme?: 'light' | 'dark';
}

/** Okabe and Ito's colours, which people with any colour vision tell apart; black is the text's own colour. */
export const palette = [
  '#0072B2',
  '#D55E00',
  '#009E73',
  '#CC79A7',
  '#E69F00',
  '#56B4E9',
  '#8C6D31',
  '#7F7F7F',
] as const;

/** Dash patterns for lines beyond the colours, and for formulas beside a model. */
export const dashPatterns = ['', '7 3', '2 3', '9 3 2 3'] as const;

const colours = {
  light: 'color:#1b1f24;--plot-background:#fff;background:#fff',
  dark: 'color:#e6e6e6;--plot-background:#16181b;background:#16181b',
};

/** The plot as the text of an SVG file, which may also stand inside an HTML page. */
export async function figure({ title, subtitle, theme, width = 720, ...options }: FigureOptions): Promise<string> {
  const document = await ownDocument();
  const top = (options.marginTop ?? 20) + (subtitle === undefined ? 24 : 42);
  const svg = Plot.plot({
    ...options,
    width,
    marginTop: top,
    height: (options.height ?? 360) + top,
    document,
    figure: false,
    ariaLabel: title,
    className: 'figure',
  } as Plot.PlotOptions) as SVGSVGElement;
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  svg.setAttribute('role', 'img');
  // The names of its groups are of no use inside an image, and not allowed without a role.
  for (const group of svg.querySelectorAll('g[aria-label]')) group.removeAttribute('aria-label');
  const style = document.createElementNS('http://www.w3.org/2000/svg', 'style');
  style.textContent = `svg.figure{${colours[theme ?? 'light']}}${
    theme === undefined ? `@media(prefers-color-scheme:dark){svg.figure{${colours.dark}}}` : ''
  }`;
  svg.insertBefore(style, svg.firstChild);
  for (const [text, y, size, weight] of [
    [title, 18, 14, 650],
    [subtitle ?? '', 35, 11, 400],
  ] as const) {
    if (text === '') continue;
    const line = document.createElementNS('http://www.w3.org/2000/svg', 'text');
    line.textContent = text;
    for (const [name, value] of Object.entries({
      x: 8,
      y,
      'font-size': size,
      'font-weight': weight,
      'text-anchor': 'start',
    }))
      line.setAttribute(name, String(value));
    svg.appendChild(line);
  }
  return `${xmlOf(svg)}\n`;
}

/** An element as XML; `outerHTML` leaves `&` and `<` in attributes as they are. */
function xmlOf(node: Node): string {
  if (node.nodeType === 3) return escaped(node.textContent ?? '');
  if (node.nodeType !== 1) return '';
  const element = node as Element;
  const attributes = [...element.attributes].map(({ name, value }) => ` ${name}="${escaped(value)}"`).join('');
  return `<${element.localName}${attributes}>${[...element.childNodes].map(xmlOf).join('')}</${element.localName}>`;
}

/** The page's document, or one of linkedom's, which needs no browser. */
async function ownDocument(): Promise<Document> {
  if (typeof document !== 'undefined') return document;
  const { parseHTML } = await import('linkedom');
  return parseHTML('<!doctype html><html><body></body></html>').document as unknown as Document;
}

export { Plot };
