import { useInfiniteQuery, useQuery } from '@tanstack/react-query';

import { api, dataOf } from '../../api/client';
import type { components } from '../../api/schema';
import { byCursor, cursorOf } from '../../kit/cursor';

export type Schemas = components['schemas'];
export type Export = Schemas['ExportOut'];

const WHILE_WAITING = 1_500;

/** What was exported; asked again while a file is being made. */
export const useExports = () =>
  useInfiniteQuery({
    queryKey: ['exports'],
    queryFn: ({ pageParam }) => dataOf(api.GET('/v1/exports', { params: { query: { limit: 50, ...cursorOf(pageParam) } } })),
    ...byCursor,
    refetchInterval: ({ state }) =>
      state.data?.pages.some((page) => page.items.some((one) => one.state === 'waiting')) ? WHILE_WAITING : false,
  });

export const useExportColumns = () =>
  useQuery({
    queryKey: ['export-columns'],
    queryFn: () => dataOf(api.GET('/v1/export-columns')),
    staleTime: 600_000,
  });

/** Ask for a table; in full at its own address, which needs its own right. */
export const askExport = (body: Schemas['ExportIn'], inFull: boolean): Promise<Export> =>
  dataOf(inFull ? api.POST('/v1/exports:in-full', { body }) : api.POST('/v1/exports', { body }));
