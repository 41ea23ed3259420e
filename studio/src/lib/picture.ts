/**
 * What stands on a page as one SVG that needs nothing else: backgrounds, borders and texts where the browser put them,
 * drawings as they are, canvases as pictures. Fonts stay names, and what only a style sheet's generated content shows is
 * left out.
 */

import { escaped } from '../../../src/figures/escaped.ts';

const namespace = 'http://www.w3.org/2000/svg';

interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** The element as the text of an SVG file, in its own size, on the background it lies on. */
export function pictureOf(root: HTMLElement): string {
  const { left, top, width, height } = root.getBoundingClientRect();
  const parts: string[] = [];
  const clips: string[] = [];
  draw(root, { left, top, right: left + width, bottom: top + height }, parts, clips);
  const size = `width="${round(width)}" height="${round(height)}"`;
  const box = `viewBox="${round(left)} ${round(top)} ${round(width)} ${round(height)}"`;
  const ground = `<rect x="${round(left)}" y="${round(top)}" ${size} fill="${groundOf(root)}"/>`;
  return `<svg xmlns="${namespace}" ${size} ${box}><defs>${clips.join('')}</defs>${ground}${parts.join('')}</svg>\n`;
}

function draw(element: Element, clip: Box, parts: string[], clips: string[]): void {
  const style = getComputedStyle(element);
  if (style.display === 'none' || style.visibility === 'hidden' || style.opacity === '0') return;
  const box = element.getBoundingClientRect();
  const empty = box.width <= 1 || box.height <= 1;
  if (!empty && element instanceof SVGSVGElement) return void parts.push(drawing(element, box));
  if (!empty && element instanceof HTMLCanvasElement) return void parts.push(photograph(element, box));
  if (!empty) frame(style, box, parts);
  const fields = [HTMLInputElement, HTMLSelectElement, HTMLTextAreaElement];
  if (fields.some((kind) => element instanceof kind)) {
    if (!empty) parts.push(field(element as HTMLInputElement, style, box));
    return;
  }
  const cut = style.overflowX !== 'visible' || style.overflowY !== 'visible';
  const inner = cut ? intersection(clip, box) : clip;
  // What is hidden but for screen readers, and what has been scrolled away.
  if (cut && (inner.right - inner.left <= 1 || inner.bottom - inner.top <= 1)) return;
  if (cut) {
    const id = `clip${clips.length}`;
    const { left, top, right, bottom } = inner;
    clips.push(`<clipPath id="${id}">${rect({ left, top, width: right - left, height: bottom - top })}</clipPath>`);
    parts.push(`<g clip-path="url(#${id})">`);
  }
  for (const node of element.childNodes) {
    if (node instanceof Text) parts.push(...lines(node, style));
    else if (node instanceof Element) draw(node, inner, parts, clips);
  }
  if (cut) parts.push('</g>');
}

/** Background and borders of a box. */
function frame(style: CSSStyleDeclaration, box: DOMRect, parts: string[]): void {
  const { left, top, right, bottom } = box;
  const radius = `rx="${Math.min(Number.parseFloat(style.borderTopLeftRadius) || 0, box.height / 2, box.width / 2)}"`;
  if (seen(style.backgroundColor)) parts.push(rect(box, `${radius} fill="${style.backgroundColor}"`));
  const wide = Number.parseFloat(style.borderTopWidth);
  const colour = style.borderTopColor;
  const sides = [style.borderTop, style.borderRight, style.borderBottom, style.borderLeft];
  if (wide > 0 && seen(colour) && new Set(sides).size === 1 && style.borderTopStyle !== 'none') {
    parts.push(rect(box, `${radius} fill="none" stroke="${colour}" stroke-width="${wide}"`));
    return;
  }
  const ends = {
    Top: [left, top, right, top],
    Right: [right, top, right, bottom],
    Bottom: [left, bottom, right, bottom],
    Left: [left, top, left, bottom],
  } as const;
  for (const [side, [x1, y1, x2, y2]] of Object.entries(ends)) {
    const of = (what: string) => style.getPropertyValue(`border-${side.toLowerCase()}-${what}`);
    const width = Number.parseFloat(of('width'));
    if (!(width > 0) || of('style') === 'none' || !seen(of('color'))) continue;
    const at = [x1, y1, x2, y2].map(round);
    parts.push(
      `<line x1="${at[0]}" y1="${at[1]}" x2="${at[2]}" y2="${at[3]}" stroke="${of('color')}" stroke-width="${width}"/>`,
    );
  }
}

/** A text node, a line of the page a line. */
function* lines(node: Text, style: CSSStyleDeclaration): Generator<string> {
  const range = document.createRange();
  let line: { text: string; box: DOMRect } | undefined;
  for (const word of node.data.matchAll(/\S+\s?/g)) {
    range.setStart(node, word.index);
    range.setEnd(node, word.index + word[0].trimEnd().length);
    const box = range.getBoundingClientRect();
    if (box.width === 0) continue;
    if (line && Math.abs(line.box.top - box.top) < 2) line.text += word[0];
    else {
      if (line) yield written(line.text, style, line.box.left, line.box);
      line = { text: word[0], box };
    }
  }
  if (line) yield written(line.text, style, line.box.left, line.box);
}

function written(text: string, style: CSSStyleDeclaration, left: number, { top, height }: DOMRect): string {
  const size = Number.parseFloat(style.fontSize);
  // A line's box is centred on its letters, whose baseline lies a third of their size below the middle.
  const baseline = round(top + height / 2 + 0.34 * size);
  const font = `font-family="${escaped(style.fontFamily)}" font-size="${size}" font-weight="${style.fontWeight}"`;
  const said = style.textTransform === 'uppercase' ? text.toUpperCase() : text;
  return `<text x="${round(left)}" y="${baseline}" ${font} fill="${style.color}">${escaped(said.trimEnd())}</text>`;
}

/** What a field holds: text, a tick, or a slider's place. */
function field(element: HTMLInputElement, style: CSSStyleDeclaration, box: DOMRect): string {
  const { left, top, width, height } = box;
  if (element.type === 'checkbox' || element.type === 'radio') {
    const mark = element.checked
      ? `fill="${style.accentColor === 'auto' ? 'currentColor' : style.accentColor}"`
      : 'fill="none"';
    return rect(box, `rx="2" stroke="${style.color}" ${mark}`);
  }
  if (element.type === 'range') {
    const [least, most] = [Number(element.min || 0), Number(element.max || 100)];
    const share = most > least ? (Number(element.value) - least) / (most - least) : 0;
    const middle = round(top + height / 2);
    const track = `<line x1="${round(left)}" y1="${middle}" x2="${round(left + width)}" y2="${middle}" stroke="${style.color}" stroke-opacity="0.4" stroke-width="4"/>`;
    return `${track}<circle cx="${round(left + share * width)}" cy="${middle}" r="6" fill="${style.color}"/>`;
  }
  const options = element instanceof HTMLSelectElement ? element.selectedOptions : undefined;
  const text = options ? (options[0]?.textContent ?? '') : element.value || element.placeholder;
  const inset = left + Number.parseFloat(style.paddingLeft) + Number.parseFloat(style.borderLeftWidth);
  const shown = text.split('\n');
  const size = Number.parseFloat(style.lineHeight) || 1.3 * Number.parseFloat(style.fontSize);
  if (shown.length === 1) return written(text, style, inset, box);
  const from = top + Number.parseFloat(style.paddingTop);
  const kept = shown.slice(0, Math.max(1, Math.floor(height / size)));
  return kept.map((line, i) => written(line, style, inset, new DOMRect(left, from + i * size, width, size))).join('');
}

/** An inline drawing with the colours that its style sheet gave it. */
function drawing(svg: SVGSVGElement, { left, top, width, height }: DOMRect): string {
  const copy = svg.cloneNode(true) as SVGSVGElement;
  const [from, to] = [svg.querySelectorAll('*'), copy.querySelectorAll('*')];
  const looks = ['fill', 'fill-opacity', 'stroke', 'stroke-width', 'stroke-dasharray', 'opacity'];
  const letters = ['font-family', 'font-size', 'font-weight', 'text-anchor'];
  const dress = (source: Element, target: Element) => {
    const style = getComputedStyle(source);
    for (const name of [...looks, ...letters]) target.setAttribute(name, style.getPropertyValue(name));
    for (const name of ['class', 'style', 'role', 'tabindex']) target.removeAttribute(name);
  };
  for (const [i, source] of from.entries()) dress(source, to[i]);
  dress(svg, copy);
  for (const [name, value] of Object.entries({ x: left, y: top, width, height }))
    copy.setAttribute(name, `${round(value)}`);
  return new XMLSerializer().serializeToString(copy);
}

function photograph(canvas: HTMLCanvasElement, box: DOMRect): string {
  if (canvas.width === 0 || canvas.height === 0) return '';
  const { left, top, width, height } = box;
  const place = `x="${round(left)}" y="${round(top)}" width="${round(width)}" height="${round(height)}"`;
  // Heat maps have sharp cells.
  const sharp = `style="image-rendering:${getComputedStyle(canvas).imageRendering}"`;
  return `<image ${place} ${sharp} preserveAspectRatio="none" href="${canvas.toDataURL('image/png')}"/>`;
}

function rect({ left, top, width, height }: Pick<DOMRect, 'left' | 'top' | 'width' | 'height'>, looks = ''): string {
  return `<rect x="${round(left)}" y="${round(top)}" width="${round(width)}" height="${round(height)}" ${looks}/>`;
}

/** The first background that is not clear, from an element outwards. */
function groundOf(element: Element | null): string {
  for (let at = element; at; at = at.parentElement) {
    const { backgroundColor } = getComputedStyle(at);
    if (seen(backgroundColor)) return backgroundColor;
  }
  return 'white';
}

const seen = (colour: string): boolean => colour !== 'transparent' && !/^rgba\(.*, 0\)$/.test(colour);

const round = (value: number): number => Math.round(value * 100) / 100;

function intersection(a: Box, b: Box): Box {
  return {
    left: Math.max(a.left, b.left),
    top: Math.max(a.top, b.top),
    right: Math.min(a.right, b.right),
    bottom: Math.min(a.bottom, b.bottom),
  };
}
