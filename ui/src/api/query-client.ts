import { QueryCache, QueryClient } from '@tanstack/react-query';

import { ApiError, TIMED_OUT } from './errors';
import { endSignIn } from './sign-in';

/** Ask again only when the server or the line failed; not when it refused, nor when the user has waited long already. */
const retry = (failures: number, error: Error): boolean =>
  failures < 1 &&
  error instanceof ApiError &&
  error.message !== TIMED_OUT &&
  (error.status === 0 || error.status >= 500);

export const queryClient = new QueryClient({
  queryCache: new QueryCache({
    onError(error) {
      if (error instanceof ApiError && error.status === 401) endSignIn(error.code);
    },
  }),
  defaultOptions: { queries: { retry, retryDelay: 1000, networkMode: 'always', staleTime: 5_000 } },
});
