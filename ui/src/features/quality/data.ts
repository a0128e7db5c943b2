import { useQuery } from '@tanstack/react-query';

import { api, dataOf } from '../../api/client';
import { clinicToday, plusDays } from '../../dates';

export const SPANS = ['365', '180', '90'] as const;
export type Span = (typeof SPANS)[number];

export interface Days {
  readonly from: string;
  readonly to: string;
}

/** So many days up to today, today among them. */
export function spanOf(span: Span): Days {
  const to = clinicToday();
  return { from: plusDays(to, 1 - Number(span)), to };
}

/** A share in percent with one decimal; a dash of nothing. */
export const share = (part: number, all: number): string => (all === 0 ? '—' : `${((100 * part) / all).toFixed(1)}%`);

const STALE_MS = 300_000;

/** What the follow-ups of a place say about how they were measured. */
export function useQuality(scope: string, { from, to }: Days) {
  return useQuery({
    queryKey: ['data-quality', scope, from, to],
    queryFn: () => dataOf(api.GET('/v1/data-quality', { params: { query: { scope, from, to } } })),
    staleTime: STALE_MS,
  });
}

/** The same by who recorded: of all to the clinic's manager, else of oneself alone. Of one clinic. */
export function useRecorders(scope: string, { from, to }: Days, ofAll: boolean) {
  const query = { params: { query: { scope, from, to } } };
  return useQuery({
    queryKey: ['data-quality', 'recorders', ofAll, scope, from, to],
    queryFn: () => dataOf(ofAll ? api.GET('/v1/data-quality/recorders', query) : api.GET('/v1/data-quality/own', query)),
    staleTime: STALE_MS,
  });
}
