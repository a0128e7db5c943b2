import createClient, { type Middleware } from 'openapi-fetch';

import { ApiError, problem } from './errors';
import type { paths } from './schema';
import { currentToken } from './token';

const authorise: Middleware = {
  onRequest({ request }) {
    const token = currentToken();
    if (token !== null && !request.headers.has('Authorization')) {
      request.headers.set('Authorization', `Bearer ${token}`);
    }
    return request;
  },
  onError() {
    return new ApiError(0, null, 'no answer');
  },
};

export const api = createClient<paths>({ baseUrl: location.origin });
api.use(authorise);

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

/** Data together with the ETag it came with, to ask for news only. */
export interface Tagged<T> {
  readonly etag: string | null;
  readonly data: T;
}

export const ifChangedSince = (known: Tagged<unknown> | undefined): Record<string, string> =>
  known?.etag ? { 'If-None-Match': known.etag } : {};

/** As dataOf, but 304 Not Modified gives back what is already known: the very same object, so nothing is drawn anew. */
export async function taggedOf<T>(answer: Promise<Answer<T>>, known: Tagged<T> | undefined): Promise<Tagged<T>> {
  const { data, error, response } = await answer;
  if (response.status === 304 && known) return known;
  if (data === undefined) throw problem(response, error);
  return { etag: response.headers.get('etag'), data };
}
