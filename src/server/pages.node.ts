/** The built pages of the studio as responses. Reads nothing outside their folder; a path of a view gets `index.html`. */
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
  '.txt': 'text/plain; charset=utf-8',
};

/** A function from the path of a request to the file, undefined for one that is not there. */
export function pagesIn(folder: string): (path: string) => Promise<Response | undefined> {
  return async (path) => {
    const parts = partsOf(path);
    if (!parts) return undefined;
    const extension = extname(path).toLowerCase();
    const type = types[extension];
    // The pages have no hidden files, and what has no known extension is the address of a view.
    if (type === undefined) return respond(join(folder, 'index.html'), types['.html'], 'no-cache');
    // Names under assets/ carry a hash of what they hold.
    const cache = parts[0] === 'assets' ? 'private, max-age=31536000, immutable' : 'no-cache';
    return respond(join(folder, ...parts), type, cache);
  };
}

/** The parts of a path, or undefined for one that could lead elsewhere. */
function partsOf(path: string): string[] | undefined {
  try {
    const parts = decodeURIComponent(path)
      .split('/')
      .filter((part) => part !== '');
    return parts.some((part) => part.startsWith('.') || /[\\\0]/.test(part)) ? undefined : parts;
  } catch {
    return undefined;
  }
}

async function respond(path: string, type: string, cache: string): Promise<Response | undefined> {
  try {
    return new Response(await readFile(path), { headers: { 'content-type': type, 'cache-control': cache } });
  } catch {
    return undefined;
  }
}
