import { infiniteQueryOptions, queryOptions, useInfiniteQuery, useQuery } from '@tanstack/react-query';

import { api, dataOf } from '../../api/client';
import type { paths } from '../../api/schema';
import type { Disease, Tab } from '../../api/types';
import type { UrlKey } from '../../url';

export const TABS: readonly Tab[] = ['critical', 'overdue', 'today', 'soon', 'all'];
export const DISEASES: readonly Disease[] = ['HTN', 'T2DM'];

const EVERY = 15_000;
const ROWS = 50;

type Query = NonNullable<paths['/v1/worklist/counts']['get']['parameters']['query']>;

/** By what the list and its counts are narrowed; each stands in the address. */
export interface WorkFilter {
  readonly clinic: string;
  readonly tab: Tab;
  readonly disease: Disease | null;
  readonly kind: string | null;
  /** A user, or `none`: nobody has it yet. */
  readonly assignee: string | null;
  readonly snoozed: boolean;
  readonly noPhone: boolean;
  readonly village: string | null;
}

const narrowed = ({ clinic, disease, kind, assignee, snoozed, noPhone, village }: WorkFilter): Query => ({
  clinic,
  ...(disease ? { disease } : {}),
  ...(kind ? { kind: [kind] as NonNullable<Query['kind']> } : {}),
  ...(assignee ? { assignee } : {}),
  ...(snoozed ? { state: 'snoozed' as const } : {}),
  ...(noPhone ? { no_phone: true } : {}),
  ...(village ? { village } : {}),
});

/** Is anything but the tab and the disease narrowed? */
export const isNarrowed = ({ kind, assignee, snoozed, noPhone, village }: WorkFilter): boolean =>
  kind !== null || assignee !== null || snoozed || noPhone || village !== null;

/** What the address narrows the list of a clinic by. */
export function filterOf(clinic: string, read: (key: UrlKey) => string | null): WorkFilter {
  const tab = read('tab');
  const disease = read('disease');
  return {
    clinic,
    tab: TABS.find((one): one is Tab => one === tab) ?? 'all',
    disease: DISEASES.find((one): one is Disease => one === disease) ?? null,
    kind: read('kind'),
    assignee: read('actor'),
    snoozed: read('state') === 'snoozed',
    noPhone: read('phone') === 'none',
    village: read('village'),
  };
}

export function workListOf(filter: WorkFilter) {
  const query = narrowed(filter);
  return infiniteQueryOptions({
    queryKey: ['worklist', filter.clinic, filter.tab, query],
    queryFn: ({ pageParam }) =>
      dataOf(
        api.GET('/v1/worklist', {
          params: { query: { ...query, group: filter.tab, limit: ROWS, ...(pageParam ? { cursor: pageParam } : {}) } },
        }),
      ),
    initialPageParam: '',
    getNextPageParam: (page) => page.next_cursor,
  });
}

/** The work-list, a keyset page at a time, asked anew while the tab is in view. */
export const useWorkList = (filter: WorkFilter) => useInfiniteQuery({ ...workListOf(filter), refetchInterval: EVERY });

export function countsOf(filter: WorkFilter) {
  const query = narrowed(filter);
  return queryOptions({
    queryKey: ['counts', filter.clinic, query],
    queryFn: () => dataOf(api.GET('/v1/worklist/counts', { params: { query } })),
  });
}

export const useCounts = (filter: WorkFilter) => useQuery({ ...countsOf(filter), refetchInterval: EVERY });

/** The most urgent critical rows of the clinic, whichever tab is open. */
export function useCriticalRows(clinic: string) {
  return useQuery({
    queryKey: ['critical', clinic],
    queryFn: () =>
      dataOf(api.GET('/v1/worklist', { params: { query: { clinic, group: 'critical', limit: ROWS } } })),
    refetchInterval: EVERY,
  });
}
