import { useInfiniteQuery, useQuery } from '@tanstack/react-query';

import { api, dataOf } from '../../api/client';
import type { Disease, Tab } from '../../api/types';

export const TABS: readonly Tab[] = ['critical', 'overdue', 'today', 'soon', 'all'];
export const DISEASES: readonly Disease[] = ['HTN', 'T2DM'];

const EVERY = 15_000;
const ROWS = 50;

export interface WorkFilter {
  readonly clinic: string;
  readonly tab: Tab;
  readonly disease: Disease | null;
}

const diseaseQuery = (disease: Disease | null) => (disease ? { disease } : {});

/** The work-list, a keyset page at a time, asked anew while the tab is in view. */
export function useWorkList({ clinic, tab, disease }: WorkFilter) {
  return useInfiniteQuery({
    queryKey: ['worklist', clinic, tab, disease],
    queryFn: ({ pageParam }) =>
      dataOf(
        api.GET('/v1/worklist', {
          params: {
            query: {
              clinic,
              group: tab,
              limit: ROWS,
              ...diseaseQuery(disease),
              ...(pageParam ? { cursor: pageParam } : {}),
            },
          },
        }),
      ),
    initialPageParam: '',
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: EVERY,
  });
}

export function useCounts({ clinic, disease }: Omit<WorkFilter, 'tab'>) {
  return useQuery({
    queryKey: ['counts', clinic, disease],
    queryFn: () =>
      dataOf(api.GET('/v1/worklist/counts', { params: { query: { clinic, ...diseaseQuery(disease) } } })),
    refetchInterval: EVERY,
  });
}

/** The most urgent critical rows of the clinic, whichever tab is open. */
export function useCriticalRows(clinic: string) {
  return useQuery({
    queryKey: ['critical', clinic],
    queryFn: () =>
      dataOf(api.GET('/v1/worklist', { params: { query: { clinic, group: 'critical', limit: ROWS } } })),
    refetchInterval: EVERY,
  });
}
