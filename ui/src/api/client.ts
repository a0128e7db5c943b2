import createClient, { type Middleware } from 'openapi-fetch';

import { ApiError, problem } from './errors';
import { revalidate } from './revalidation';
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
api.use(authorise, revalidate);

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
