import { useQuery } from '@tanstack/react-query';

import { api, dataOf } from '../../api/client';
import type { Session } from '../../api/types';

/** Who owns this token? Refused with ApiError 401 when nobody does. */
export const verifyToken = (token: string): Promise<Session> =>
  dataOf(api.GET('/v1/session', { headers: { Authorization: `Bearer ${token}` } }));

export function useSession() {
  return useQuery({
    queryKey: ['session'],
    queryFn: () => dataOf(api.GET('/v1/session')),
    refetchInterval: 300_000,
  });
}
