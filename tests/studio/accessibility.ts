/** Checks that run inside a page. Each returns what is wrong, in words; nothing here may refer to anything outside itself. */

/** Controls without a name, images and charts without a text, doubled ids, more or fewer than one top heading. */
export function accessibilityFaults(): string[] {
  const faults: string[] = [];
  const told = (element: Element) => element.outerHTML.slice(0, 120);
  const named = (element: Element) => {
    const labels = 'labels' in element ? [...((element as HTMLInputElement).labels ?? [])] : [];
    const by = (element.getAttribute('aria-labelledby') ?? '')
      .split(' ')
      .map((id) => document.getElementById(id)?.textContent);
    const texts = [
      element.getAttribute('aria-label'),
      ...by,
      ...labels.map((label) => label.textContent),
      element.textContent,
    ];
    return texts.some((text) => text?.trim());
  };
  for (const element of document.querySelectorAll(
    'button, a, input, textarea, summary, [role=img], [role=progressbar], [role=dialog]',
  )) {
    if (!named(element)) faults.push(`without a name: ${told(element)}`);
  }
  for (const element of document.querySelectorAll('select')) {
    if (!element.getAttribute('aria-label') && !element.labels?.length)
      faults.push(`without a label: ${told(element)}`);
  }
  for (const table of document.querySelectorAll('table'))
    if (!table.querySelector('th')) faults.push(`no headings: ${told(table)}`);
  for (const image of document.querySelectorAll('svg:not([aria-hidden=true]), img:not([alt])'))
    faults.push(`no text: ${told(image)}`);
  const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id);
  for (const id of new Set(ids)) if (ids.filter((each) => each === id).length > 1) faults.push(`id twice: ${id}`);
  for (const [selector, count] of [
    ['h1', 1],
    ['main', 1],
    ['header.top', 1],
  ] as const) {
    if (document.querySelectorAll(selector).length !== count) faults.push(`not ${count} ${selector}`);
  }
  if (!document.documentElement.lang) faults.push('no language');
  return faults;
}

/** Texts whose colour stands at less than 4.5:1 before what is behind them. */
export function contrastFaults(): string[] {
  const channels = (colour: string) => (colour.match(/[\d.]+/g) ?? []).map(Number);
  const luminance = (colour: string) => {
    const [r, g, b] = channels(colour).map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element: Element | null): string => {
    if (!element) return 'rgb(255, 255, 255)';
    const colour = getComputedStyle(element).backgroundColor;
    return channels(colour)[3] === 0 ? behind(element.parentElement) : colour;
  };
  const faults: string[] = [];
  for (const element of document.querySelectorAll('body *')) {
    const own = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim());
    if (!own || element.matches(':disabled, option, optgroup') || !(element as HTMLElement).checkVisibility?.())
      continue;
    const [a, b] = [luminance(getComputedStyle(element).color), luminance(behind(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) faults.push(`${ratio.toFixed(2)}: ${element.outerHTML.slice(0, 100)}`);
  }
  return faults;
}
