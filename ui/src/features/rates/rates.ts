import { useQuery, useQueryClient } from '@tanstack/react-query';

import { api, dataOf, ifChangedSince, type Tagged, taggedOf } from '../../api/client';
import type { IndicatorValues } from '../../api/types';

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

/** The clinic's monthly values; polled by ETag, so that an unchanged answer costs a header and redraws nothing. */
export function useRates(clinic: string, from: string, to: string) {
  const client = useQueryClient();
  const queryKey = ['rates', clinic, from, to];
  return useQuery({
    queryKey,
    queryFn: () => {
      const known = client.getQueryData<Tagged<IndicatorValues>>(queryKey);
      return taggedOf(
        api.GET('/v1/indicator-values', {
          params: { query: { codes: CODES.join(','), scope: clinic, from, to } },
          headers: ifChangedSince(known),
        }),
        known,
      );
    },
    refetchInterval: EVERY,
    placeholderData: (before) => before,
  });
}
