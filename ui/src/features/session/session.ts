import { useQuery } from '@tanstack/react-query';

import { api, dataOf } from '../../api/client';
import { ApiError } from '../../api/errors';
import type { Session } from '../../api/types';

/** What a header can carry and a token consists of: visible ASCII. */
const SENDABLE = /^[\x21-\x7E]+$/;

/** Who owns this token? Refused with ApiError 401 when nobody does, at once when it cannot be a token. */
export async function verifyToken(token: string): Promise<Session> {
  if (!SENDABLE.test(token)) throw new ApiError(401, null, 'not a token');
  return dataOf(api.GET('/v1/session', { headers: { Authorization: `Bearer ${token}` } }));
}

export function useSession() {
  return useQuery({
    queryKey: ['session'],
    queryFn: () => dataOf(api.GET('/v1/session')),
    refetchInterval: 300_000,
  });
}
