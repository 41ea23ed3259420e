/** Requests to the studio's server. Every failure becomes an {@link ApiFailure} with a message fit to be shown. */

import type { Profile } from '../../../src/backends/profile.ts';
import { type NamedCurve, unpackCurves } from '../../../src/server/curves.ts';
import type {
  ApiError,
  CurvesRequest,
  ForecastHistory,
  MetricCurves,
  RunDetail,
  RunLabels,
  RunList,
  RunMetrics,
  StartedRun,
  TextSample,
} from '../../../src/server/wire.ts';

export class ApiFailure extends Error {
  /** `AWAY` when no server answered, else the server's code. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

async function request<T>(path: string, body?: unknown): Promise<T> {
  return (await (await answered(path, body)).json()) as T;
}

/** Any JSON of the server's. */
export const requestJson = <T>(path: string): Promise<T> => request<T>(path);

/** A response that says yes. */
async function answered(path: string, body?: unknown): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(
      `api/${path}`,
      body === undefined
        ? {}
        : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) },
    );
  } catch {
    throw new ApiFailure('AWAY', 'The server does not answer.');
  }
  if (!response.ok) {
    const answer: unknown = await response.json().catch(() => undefined);
    const { code = 'INTERNAL', message = `The server answered ${response.status}.` } = (answer ??
      {}) as Partial<ApiError>;
    throw new ApiFailure(code, message);
  }
  return response;
}

const at = (name: string) => `runs/${encodeURIComponent(name)}`;

export const getRuns = () => request<RunList>('runs');
export const getRun = (name: string) => request<RunDetail>(at(name));
export const getSamples = (name: string) => request<TextSample[]>(`${at(name)}/samples`);
export const getForecast = (name: string) => request<ForecastHistory | null>(`${at(name)}/forecast`);
export const getProfile = (name: string) => request<Profile | null>(`${at(name)}/profile`);
export const startRun = (recipe: string) => request<StartedRun>('runs', { recipe });
export const stopRun = (name: string) => request<object>(`${at(name)}/stop`, {});
export const resumeRun = (name: string) => request<object>(`${at(name)}/resume`, {});

export const labelRun = (name: string, labels: RunLabels) => request<object>(`${at(name)}/labels`, labels);
/** The address of a run's report, which is a download. */
export const reportAddress = (name: string) => `api/${at(name)}/report`;

export const getMetrics = (runs: readonly string[]) => request<RunMetrics>('metrics', { runs });

/** The curves of many runs at once, as numbers; see `src/server/curves.ts`. */
export async function getManyCurves(wanted: CurvesRequest): Promise<NamedCurve[]> {
  return unpackCurves(await (await answered('curves', wanted)).arrayBuffer());
}

/** @param range steps to look at more closely; the whole run without */
export function getCurves(name: string, metrics: readonly string[], points: number, range?: readonly [number, number]) {
  const query = new URLSearchParams({ names: metrics.join(','), points: String(points) });
  if (range) {
    query.set('from', String(Math.floor(range[0])));
    query.set('to', String(Math.ceil(range[1])));
  }
  return request<MetricCurves>(`${at(name)}/metrics?${query}`);
}

/** What went wrong, in words. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
