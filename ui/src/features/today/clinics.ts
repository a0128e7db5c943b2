import { queryOptions, usePrefetchQuery, useQuery } from '@tanstack/react-query';

import { api, dataOf } from '../../api/client';
import type { Organisation } from '../../api/types';
import { useUrl } from '../../url';

const NONE: readonly Organisation[] = [];

/** The clinic that was chosen last: other pages are opened without it in their address. */
let remembered: string | null = null;

export const tree = queryOptions({
  queryKey: ['organisations'],
  queryFn: () => dataOf(api.GET('/v1/organisations')),
  staleTime: 600_000,
});

/** Ask for the tree beside the question of who is signed in: the first list waits for both. */
export const useTreeEarly = (): void => usePrefetchQuery(tree);

/** The clinic that is named, or was named last, else the first. */
export function chosenOf(organisations: readonly Organisation[], named: string | null): Organisation | undefined {
  const clinics = organisations.filter((one) => one.kind === 'clinic');
  return clinics.find((one) => one.id === (named ?? remembered)) ?? clinics[0];
}

/** The clinics this sign-in may see, and the one the address names, or named last (else the first). */
export function useClinics() {
  const query = useQuery(tree);
  const named = useUrl('clinic');
  if (named !== null) remembered = named;
  const organisations = query.data?.items ?? NONE;
  const clinics = organisations.filter((one) => one.kind === 'clinic');
  return { query, organisations, clinics, chosen: chosenOf(organisations, named) };
}
