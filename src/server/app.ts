/**
 * The studio's server as a function from Request to Response: the same in Node and in tests. What the routes answer is
 * in `wire.ts`; who may ask is in `security.ts`. It knows no file names: runs, jobs and pages are given to it.
 */
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { compress } from 'hono/compress';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { z } from 'zod';
import { type ErrorCode, LookbackError } from '../errors.ts';
import {
  type CurvesQuery,
  readCurves,
  readDetail,
  readForecast,
  readManyCurves,
  readMetrics,
  readSamples,
} from './details.node.ts';
import type { StudioEventStream } from './events.ts';
import { publicHolidays } from './holidays.node.ts';
import type { Jobs } from './jobs.node.ts';
import { addModelRoutes } from './model.node.ts';
import { readProfile } from './profile.node.ts';
import { runReport } from './report.node.ts';
import type { RunsFolder } from './runs.node.ts';
import { onlyOwner, type SecurityOptions, secureHeaders } from './security.ts';
import { readSet } from './sets.node.ts';
import { tokenizerList, tokenizerText } from './tokenizers.node.ts';
import type { ApiError, DataText, PublicHolidays, RunDetail, RunList, StartedRun, TokenizerNames } from './wire.ts';

export interface AppOptions extends SecurityOptions {
  runs: RunsFolder;
  jobs: Jobs;
  events: StudioEventStream;
  /** The file of the built pages at a path, `/` and paths of views included; undefined when there is none. */
  page: (path: string) => Promise<Response | undefined>;
  /** Told of faults of the server's own. */
  report?: (error: unknown) => void;
}

/** Longest body, bytes. */
const longestBody = 1 << 20;

/** Most buckets of a curve in one answer. */
const mostPoints = 100_000;

export function createApp({ runs, jobs, events, page, report = () => {}, ...security }: AppOptions): Hono {
  const app = new Hono();
  // Texts only: event streams must not wait for a block to fill, and curves are numbers that hardly shrink.
  app.use(secureHeaders(), compress(), onlyOwner(security));
  app.use('/api/*', bodyLimit({ maxSize: longestBody, onError: () => failure(badRequest('body', 'at most 1 MiB')) }));

  app.get('/api/runs', ({ json }) => json({ runs: runs.list(), root: runs.root } satisfies RunList));
  app.get('/api/runs/:name', ({ req, json }) => {
    const name = req.param('name');
    const detail = readDetail(runs, name);
    return json({ ...detail, stoppable: jobs.has(name) } satisfies RunDetail);
  });
  app.get('/api/runs/:name/metrics', ({ req, json }) =>
    json(readCurves(runs, req.param('name'), curvesQuery(req.query()))),
  );
  app.post('/api/metrics', async ({ req, json }) =>
    json(readMetrics(runs, checked(metricsRequest, await readJsonBody(req.raw)).runs)),
  );
  app.post('/api/curves', async ({ req, body }) =>
    body(readManyCurves(runs, checked(curvesRequest, await readJsonBody(req.raw))), 200, {
      'content-type': 'application/octet-stream',
    }),
  );
  app.get('/api/runs/:name/samples', ({ req, json }) => json(readSamples(runs, req.param('name'))));
  app.get('/api/runs/:name/forecast', ({ req, json }) => json(readForecast(runs, req.param('name'))));
  app.get('/api/runs/:name/profile', ({ req, json }) => json(readProfile(runs, req.param('name'))));
  app.get('/api/events', ({ req }) => events.connect(req.header('last-event-id') ?? req.query('cursor')));

  app.post('/api/runs', async ({ req, json }) => {
    const body: unknown = await readJsonBody(req.raw);
    const recipe = typeof body === 'object' && body !== null && 'recipe' in body ? body.recipe : undefined;
    if (typeof recipe !== 'string') throw badRequest('body', '{ "recipe": "… YAML …" }');
    return json({ name: await jobs.start(recipe) } satisfies StartedRun);
  });
  app.post('/api/runs/:name/stop', ({ req, json }) => {
    jobs.stop(req.param('name'));
    return json({});
  });
  app.post('/api/runs/:name/resume', async ({ req, json }) => {
    await jobs.resume(req.param('name'));
    return json({});
  });
  app.post('/api/runs/:name/labels', async ({ req, json }) => {
    runs.label(req.param('name'), checked(labels, await readJsonBody(req.raw)));
    return json({});
  });
  app.get('/api/runs/:name/report', async ({ req, html, header }) => {
    const name = req.param('name');
    const report = await runReport(runs, name);
    header('content-disposition', `attachment; filename*=UTF-8''${encodeURIComponent(name)}.html`);
    return html(report);
  });

  app.get('/api/tokenizers', ({ json }) => json({ names: tokenizerList() } satisfies TokenizerNames));
  app.get('/api/tokenizers/:name', ({ req, body }) =>
    body(tokenizerText(req.param('name')), 200, { 'content-type': 'application/json; charset=utf-8' }),
  );
  app.get('/api/data/:name', async ({ req, json }) => json((await readSet(req.param('name'))) satisfies DataText));
  app.get('/api/holidays/:place', async ({ req, json }) =>
    json((await publicHolidays(req.param('place'), req.query('from'), req.query('to'))) satisfies PublicHolidays),
  );
  addModelRoutes(app, runs, readJsonBody);

  app.all('/api/*', () => notFound());
  app.get('*', async ({ req }) => (await page(req.path)) ?? notFound());
  app.notFound(() => notFound());
  app.onError((error) => {
    const response = failure(error);
    if (response.status === 500) report(error);
    return response;
  });
  return app;
}

const name = z.string().max(1000);
const metricsRequest = z.strictObject({ runs: z.array(name).max(2000) });
const curvesRequest = z.strictObject({
  runs: z.array(z.strictObject({ name, from: z.number().optional(), to: z.number().optional() })).max(2000),
  metrics: z.array(name).max(200),
  points: z.int().min(2).max(mostPoints).optional(),
});
const labels = z.strictObject({
  tags: z.array(z.string()).max(100).optional(),
  notes: z.string().optional(),
  archived: z.boolean().optional(),
});

/** The body as the schema has it. BAD_ARGUMENT naming the first place where it differs. */
function checked<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const [{ path, message }] = result.error.issues;
  throw badRequest(['body', ...path].join('.'), message);
}

/** Parameters that are not there are undefined; BAD_ARGUMENT for what is no number. */
function curvesQuery({ names, points, from, to }: Record<string, string | undefined>): CurvesQuery {
  const number = (name: string, text: string | undefined): number | undefined => {
    const value = Number(text);
    if (text !== undefined && (text.trim() === '' || !Number.isFinite(value))) throw badRequest(name, 'a number', text);
    return text === undefined ? undefined : value;
  };
  const count = number('points', points);
  if (count !== undefined && !(count >= 2 && count <= mostPoints)) {
    throw badRequest('points', `2 to ${mostPoints}`, points);
  }
  return {
    names: names === undefined ? undefined : names.split(','),
    points: count,
    from: number('from', from),
    to: number('to', to),
  };
}

/** A body that is not declared as JSON could come from a form of another site. */
async function readJsonBody(request: Request): Promise<unknown> {
  if (!/^application\/json\b/i.test(request.headers.get('content-type') ?? '')) {
    throw badRequest('content-type', 'application/json');
  }
  try {
    return await request.json();
  } catch {
    throw badRequest('body', 'JSON');
  }
}

function badRequest(where: string, expected: string, got?: string): LookbackError {
  return new LookbackError('BAD_ARGUMENT', { where, expected, got: got && JSON.stringify(got.slice(0, 80)) });
}

const statuses: Partial<Record<ErrorCode, ContentfulStatusCode>> = {
  RUN_NOT_FOUND: 404,
  RUN_BUSY: 409,
  RECIPE_INVALID: 400,
  BAD_ARGUMENT: 400,
  DATA_MISSING: 400,
  PACKAGE_MISSING: 400,
  DATA_INVALID: 400,
  INDEX_OUT_OF_RANGE: 400,
  FILE_NOT_FOUND: 404,
  FILE_INVALID: 422,
  CHECKPOINT_INVALID: 422,
  STATE_MISMATCH: 422,
  NON_FINITE: 422,
};

/** An error as the page is told it: code and message, never a stack. */
function failure(error: unknown): Response {
  if (!(error instanceof LookbackError)) {
    return answer({ code: 'INTERNAL', message: 'This is a fault in the studio; its terminal says more.' }, 500);
  }
  return answer({ code: error.code, message: error.message }, statuses[error.code] ?? 500);
}

function notFound(): Response {
  return answer({ code: 'NOT_FOUND', message: 'There is nothing at this address.' }, 404);
}

function answer(error: ApiError, status: number): Response {
  return Response.json(error, { status });
}
