import { queryOptions, useQuery } from '@tanstack/react-query';

import { api, dataOf, done } from '../../api/client';
import { queryClient } from '../../api/query-client';
import { forgetAnswers } from '../../api/revalidation';
import { changeSignIn } from '../../api/sign-in';
import { forgetDrafts, ownDrafts } from '../../kit/drafts';
import { forgetToasts } from '../../kit/toasts';
import type { Me, Right } from '../../api/types';
import { searchFor } from '../../app/search-text';

const askMe = (): Promise<Me> => dataOf(api.GET('/v1/me'));

export function useSession() {
  return useQuery({
    queryKey: ['session'],
    queryFn: () => dataOf(api.GET('/v1/session')),
    refetchInterval: 300_000,
  });
}

export const whoIsIt = queryOptions({
  queryKey: ['me'],
  queryFn: async () => {
    const me = await askMe();
    ownDrafts(me.login);
    changeSignIn('in');
    return me;
  },
  staleTime: 600_000,
});

/** Who is signed in. The cookie is closed to scripts, so only the server can tell. */
export const useMe = () => useQuery(whoIsIt);

export function useMay(right: Right): boolean {
  return useMe().data?.rights.includes(right) ?? false;
}

export interface Credentials {
  readonly login: string;
  readonly password: string;
  readonly code: string | null;
}

/** Nothing of the last person may stay behind. */
export function forgetEverything(): void {
  queryClient.clear();
  forgetAnswers();
  forgetToasts();
  searchFor('');
}

export async function signIn(credentials: Credentials): Promise<void> {
  await done(api.POST('/v1/session', { body: credentials }));
  const me = await askMe();
  forgetEverything();
  ownDrafts(me.login);
  queryClient.setQueryData(['me'], me);
  changeSignIn('in');
}

export async function signOut(): Promise<void> {
  try {
    await done(api.DELETE('/v1/session'));
  } finally {
    forgetDrafts();
    changeSignIn('out');
  }
}

export async function lock(): Promise<void> {
  try {
    await done(api.POST('/v1/session:lock'));
  } finally {
    changeSignIn('locked');
  }
}

/** Go on with a locked session; the password is that of the user whose session it is. */
export async function unlock(password: string): Promise<void> {
  await done(api.POST('/v1/session:unlock', { body: { password } }));
  changeSignIn('asking');
}

export async function changePassword(present: string, next: string): Promise<void> {
  await done(api.POST('/v1/me:change-password', { body: { password: present, new_password: next } }));
  await queryClient.invalidateQueries({ queryKey: ['me'] });
}
