import createClient, { type Middleware } from 'openapi-fetch';

import { ApiError, problem, TIMED_OUT } from './errors';
import { revalidate } from './revalidation';
import type { paths } from './schema';

const failing: Middleware = {
  onError({ error }) {
    return new ApiError(0, null, error instanceof DOMException && error.name === 'AbortError' ? TIMED_OUT : 'no answer');
  },
};

const LIMIT_MS = 10_000;
/** A file of 16 MB on a clinic's line, or a register of thousands, takes longer. */
const LONG_LIMIT_MS = 180_000;
const isLong = (request: Request): boolean => request.method === 'POST' && /\/v1\/(imports|register:)/.test(request.url);

/** A server that hangs must not leave old data looking fresh: the whole answer, body included, comes in time or fails. */
async function fetchInTime(request: Request): Promise<Response> {
  const limit = new AbortController(); // AbortSignal.timeout() is younger than the oldest browser we serve
  const timer = setTimeout(() => limit.abort(), isLong(request) ? LONG_LIMIT_MS : LIMIT_MS);
  request.signal.addEventListener('abort', () => limit.abort());
  try {
    const answer = await fetch(request, { signal: limit.signal });
    const body = await answer.arrayBuffer();
    return new Response(body.byteLength > 0 ? body : null, answer); // null: a 204 or 304 may have no body at all
  } finally {
    clearTimeout(timer);
  }
}

export const api = createClient<paths>({ baseUrl: location.origin, fetch: fetchInTime });
api.use(failing, revalidate);

interface Answer<T> {
  readonly data?: T;
  readonly error?: unknown;
  readonly response: Response;
}

/** The data of an answer; anything else is thrown as ApiError. */
export async function dataOf<T>(answer: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await answer;
  if (data === undefined) throw problem(response, error);
  return data;
}

/** Wait for an answer without content; a refusal is thrown as ApiError. */
export async function done(answer: Promise<Answer<unknown>>): Promise<void> {
  const { error, response } = await answer;
  if (!response.ok) throw problem(response, error);
}
