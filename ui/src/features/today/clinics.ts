import { queryOptions, usePrefetchQuery, useQuery } from '@tanstack/react-query';

import { api, dataOf } from '../../api/client';
import type { Organisation } from '../../api/types';
import { useUrl } from '../../url';

const NONE: readonly Organisation[] = [];

/** The clinic that was chosen last: other pages are opened without it in their address. */
let remembered: string | null = null;

const tree = queryOptions({
  queryKey: ['organisations'],
  queryFn: () => dataOf(api.GET('/v1/organisations')),
  staleTime: 600_000,
});

/** Ask for the tree beside the question of who is signed in: the first list waits for both. */
export const useTreeEarly = (): void => usePrefetchQuery(tree);

/** The clinics this sign-in may see, and the one the address names, or named last (else the first). */
export function useClinics() {
  const query = useQuery(tree);
  const named = useUrl('clinic');
  if (named !== null) remembered = named;
  const wanted = named ?? remembered;
  const organisations = query.data?.items ?? NONE;
  const clinics = organisations.filter((one) => one.kind === 'clinic');
  const chosen = clinics.find((one) => one.id === wanted) ?? clinics[0];
  return { query, organisations, clinics, chosen };
}
