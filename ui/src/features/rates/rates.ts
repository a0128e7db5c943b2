import { useQuery } from '@tanstack/react-query';

import { api, dataOf } from '../../api/client';

/** The rates of this screen, in the order of the cards. */
export const CODES: readonly string[] = ['IND-02', 'IND-03', 'IND-04'];

const EVERY = 10_000;

export function useDefinitions() {
  return useQuery({
    queryKey: ['indicators'],
    queryFn: () => dataOf(api.GET('/v1/indicators')),
    staleTime: 600_000,
  });
}

/** The clinic's monthly values, polled by ETag: an unchanged answer costs a header and redraws nothing. */
export function useRates(clinic: string, from: string, to: string) {
  return useQuery({
    queryKey: ['rates', clinic, from, to],
    queryFn: () =>
      dataOf(
        api.GET('/v1/indicator-values', {
          params: { query: { codes: CODES.join(','), scope: clinic, from, to } },
        }),
      ),
    refetchInterval: EVERY,
    placeholderData: (before) => before,
  });
}
