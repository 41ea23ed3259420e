/**
 * Who may talk to the studio: the person who was given its address, from that address.
 *
 * The address carries a token that is exchanged for a cookie and leaves the address bar by a redirect. Another host name
 * (DNS rebinding), another origin and another site's request are refused before anything is looked at. The pages may
 * load nothing from elsewhere and may be framed by nobody.
 */
import type { Context, MiddlewareHandler } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import type { ApiError } from './wire.ts';

export interface SecurityOptions {
  port: number;
  /** In the printed address, as `?token=`. */
  token: string;
  /** What the cookie holds; one that outlives the server lets a page that is open go on after a restart. */
  session: string;
}

const headers: Readonly<Record<string, string>> = {
  'content-security-policy': [
    "default-src 'self'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "style-src 'self' 'unsafe-inline'",
    "connect-src 'self'",
    "img-src 'self' data: blob:",
    "worker-src 'self' blob:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; '),
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

/**
 * The document that runs a learner's code: an origin that nobody shares, hence without cookies, and no address to ask.
 * Only our own pages may frame it.
 */
const sandboxPath = '/exercise.html';
const sandboxHeaders: Readonly<Record<string, string>> = {
  ...headers,
  'content-security-policy': [
    'sandbox allow-scripts',
    "default-src 'none'",
    "script-src 'unsafe-inline' blob:",
    'worker-src blob:',
    "frame-ancestors 'self'",
  ].join('; '),
  'x-frame-options': 'SAMEORIGIN',
};

/** The headers of every answer. */
export function secureHeaders(): MiddlewareHandler {
  return async (context, next) => {
    await next();
    const chosen = context.req.path === sandboxPath ? sandboxHeaders : headers;
    for (const [name, value] of Object.entries(chosen)) context.res.headers.set(name, value);
    if (!context.res.headers.has('cache-control')) context.res.headers.set('cache-control', 'no-store');
  };
}

/** Lets pass what comes from this address with the cookie; 403 for another address, 401 without the cookie. */
export function onlyOwner({ port, token, session }: SecurityOptions): MiddlewareHandler {
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`];
  // Cookies are kept by host, not by port; two studios must not take each other's.
  const cookie = `lookback-studio-${port}`;
  return async (context, next) => {
    const host = context.req.header('host') ?? '';
    if (!hosts.includes(host)) return refuse(context, 403, 'FORBIDDEN', `this studio answers at ${hosts[0]} only`);
    const origin = context.req.header('origin');
    if (origin !== undefined && origin !== `http://${host}`) {
      return refuse(context, 403, 'FORBIDDEN', 'requests of other origins are refused');
    }
    const site = context.req.header('sec-fetch-site') ?? 'none';
    const opensPage = context.req.header('sec-fetch-mode') === 'navigate' && context.req.method === 'GET';
    if (site !== 'none' && site !== 'same-origin' && !opensPage) {
      return refuse(context, 403, 'FORBIDDEN', 'requests of other sites are refused');
    }
    const address = new URL(context.req.url);
    const given = address.searchParams.get('token');
    if (given !== null && (context.req.method === 'GET' || context.req.method === 'HEAD')) {
      if (!same(given, token)) return refuse(context, 401, 'FORBIDDEN', 'the token in the address is not right');
      setCookie(context, cookie, session, { httpOnly: true, sameSite: 'Strict', path: '/' });
      address.searchParams.delete('token');
      // Two slashes would be read as another host.
      return context.redirect(`/${address.pathname.replace(/^\/+/, '')}${address.search}`, 303);
    }
    if (!same(getCookie(context, cookie) ?? '', session)) {
      return refuse(context, 401, 'FORBIDDEN', 'open the address that `lookback studio` printed');
    }
    return next();
  };
}

function refuse(context: Context, status: 401 | 403, code: string, message: string): Response {
  if (context.req.path.startsWith('/api/')) return context.json({ code, message } satisfies ApiError, status);
  return context.text(`${code}: ${message}.\n`, status);
}

/** Compares in a time that does not tell how much is right. */
function same(given: string, wanted: string): boolean {
  let difference = given.length ^ wanted.length;
  for (let i = 0; i < wanted.length; i++) difference |= (given.charCodeAt(i) || 0) ^ wanted.charCodeAt(i);
  return difference === 0;
}
