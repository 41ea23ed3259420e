/** Which page the address names: `#/` for the runs, `#/runs/NAME` for one, `#/PAGE/NAME?key=value` for every other. */

export interface Route {
  /** A name of `pages.ts`; `runs` for the empty address. */
  readonly page: string;
  /** What follows the page, decoded: the run, the chapter; '' without. */
  readonly name: string;
  readonly query: URLSearchParams;
}

export function parseRoute(hash: string): Route {
  const [path, query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const slash = path.indexOf('/');
  const page = (slash < 0 ? path : path.slice(0, slash)) || 'runs';
  return { page, name: decoded(slash < 0 ? '' : path.slice(slash + 1)), query: new URLSearchParams(query) };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The address of a page. */
export function address(page: string, name = '', query: Record<string, string | number> = {}): string {
  const text = new URLSearchParams(Object.entries(query).map(([key, value]) => [key, String(value)])).toString();
  return `#/${page}${name === '' ? '' : `/${encodeURIComponent(name)}`}${text === '' ? '' : `?${text}`}`;
}

export const runAddress = (name: string): string => address('runs', name);

class Router {
  current = $state.raw<Route>(parseRoute(location.hash));

  constructor() {
    window.addEventListener('hashchange', () => {
      this.current = parseRoute(location.hash);
      window.scrollTo(0, 0);
    });
  }
}

export const router = new Router();
