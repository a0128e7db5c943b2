import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';

import { ApiError, TIMED_OUT } from './errors';
import { endSignIn } from './sign-in';

/** Ask again only when the server or the line failed; not when it refused, nor when the user has waited long already. */
const retry = (failures: number, error: Error): boolean =>
  failures < 1 &&
  error instanceof ApiError &&
  error.message !== TIMED_OUT &&
  (error.status === 0 || error.status >= 500);

/** Refusals that belong to the form that asked: the session stands all the same. */
const OF_THE_FORM: ReadonlySet<string | null> = new Set([
  'log-in-refused', 'second-factor-needed', 'second-factor-refused',
]); // prettier-ignore

function noticeEnd(error: unknown): void {
  if (error instanceof ApiError && error.status === 401 && !OF_THE_FORM.has(error.code)) endSignIn(error.code);
}

export const queryClient = new QueryClient({
  queryCache: new QueryCache({ onError: noticeEnd }),
  mutationCache: new MutationCache({ onError: noticeEnd }),
  defaultOptions: { queries: { retry, retryDelay: 1000, networkMode: 'always', staleTime: 5_000 } },
});
