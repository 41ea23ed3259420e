/**
 * The studio as a process: the app on 127.0.0.1, its pages from `dist/studio`, its jobs as children.
 *
 * The token in the address is new each time. The cookie it is exchanged for holds a secret kept in the cache folder,
 * readable by its owner only, so that a page left open goes on after the server was started again on the same port.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createAdaptorServer } from '@hono/node-server';
import { packageRoot } from '../backends/platform.ts';
import { cacheFolder } from '../data/node.ts';
import { LookbackError } from '../errors.ts';
import { createApp } from './app.ts';
import { StudioEventStream } from './events.ts';
import { Jobs } from './jobs.node.ts';
import { pagesIn } from './pages.node.ts';
import { RunsFolder } from './runs.node.ts';
import type { RunRow } from './wire.ts';

export interface StudioOptions {
  /** The folder of all runs; it need not exist yet. */
  root?: string;
  /** 0 takes any that is free. */
  port?: number;
  /** Default: 32 random hexadecimal digits. */
  token?: string;
  /** What the cookie holds; default: kept in the cache folder. */
  session?: string;
  /** The built pages. */
  pages?: string;
  /** The command line that trains, for runs started from the page. */
  command?: readonly string[];
  /** Milliseconds between two looks at the runs folder while somebody listens. */
  interval?: number;
  report?: (error: unknown) => void;
}

export interface Studio {
  /** With the token: what to open. */
  readonly address: string;
  readonly port: number;
  readonly token: string;
  /** Runs started from the page that are going on. */
  readonly jobCount: number;
  /** Starts a recipe as the page would, and returns the run's name once it has its folder. */
  start(recipeText: string): Promise<string>;
  /** A run as the table shows it; while `start`'s process is at work its status is `running`. */
  row(name: string): RunRow;
  /** Stops the runs that were started from the page, saving them, then the server. */
  close(): Promise<void>;
}

/**
 * Serves the studio until `close`.
 *
 * @throws FILE_NOT_FOUND without the built pages, BAD_ARGUMENT for a port that is taken
 */
export async function serveStudio({
  root = 'runs',
  port = 0,
  token = randomBytes(16).toString('hex'),
  session = keptSession(),
  pages = join(packageRoot() ?? '.', 'dist', 'studio'),
  command = [process.execPath, join(packageRoot() ?? '.', 'bin', 'lookback.mjs')],
  interval,
  report,
}: StudioOptions = {}): Promise<Studio> {
  if (!existsSync(join(pages, 'index.html'))) {
    throw new LookbackError('FILE_NOT_FOUND', {
      where: pages,
      problem: 'the pages of the studio are not built',
      next: 'Build them once: npx vite build studio',
    });
  }
  const runs = new RunsFolder(root);
  const jobs = new Jobs(runs, command);
  const events = new StudioEventStream(runs, { interval, report });
  let answer: (request: Request) => Response | Promise<Response> = () => new Response(null, { status: 503 });
  const server = createAdaptorServer({ fetch: (request) => answer(request) }) as Server;
  const taken = await listen(server, port);
  const app = createApp({ runs, jobs, events, page: pagesIn(pages), port: taken, token, session, report });
  answer = (request) => app.fetch(request);
  return {
    address: `http://127.0.0.1:${taken}/?token=${encodeURIComponent(token)}`,
    port: taken,
    token,
    get jobCount() {
      return jobs.count;
    },
    start: (recipeText) => jobs.start(recipeText),
    row: (name) => runs.row(name),
    async close() {
      await jobs.close();
      events.close();
      server.closeAllConnections();
      await new Promise<void>((done) => server.close(() => done()));
    },
  };
}

/** The port it listens on, reachable from this machine only. */
function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const problem = cause.code === 'EADDRINUSE' ? 'the port is taken' : `the port cannot be opened (${cause.code})`;
      const next = 'Choose another with --port, or 0 for any that is free';
      reject(new LookbackError('BAD_ARGUMENT', { where: `port ${port}`, problem, next, cause }));
    });
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

/** The secret of this user's cookies; a new one where it cannot be kept. */
function keptSession(): string {
  const path = join(cacheFolder(), 'studio-session');
  try {
    const kept = readFileSync(path, 'utf8');
    if (/^[0-9a-f]{64}$/.test(kept)) return kept;
  } catch {
    // None yet.
  }
  const session = randomBytes(32).toString('hex');
  try {
    mkdirSync(cacheFolder(), { recursive: true });
    writeFileSync(path, session, { mode: 0o600 });
  } catch {
    // Without it a page must be opened anew after a restart, no more.
  }
  return session;
}
