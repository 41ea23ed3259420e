/** Which page the address names: `#/` for the runs, `#/runs/NAME` for one. */

export type Route = { page: 'runs' } | { page: 'run'; name: string };

export function parseRoute(hash: string): Route {
  const match = /^#\/runs\/(.+)$/.exec(hash);
  if (!match) return { page: 'runs' };
  try {
    return { page: 'run', name: decodeURIComponent(match[1]) };
  } catch {
    return { page: 'run', name: match[1] };
  }
}

export const runAddress = (name: string): string => `#/runs/${encodeURIComponent(name)}`;

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
