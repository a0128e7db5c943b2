import { useInfiniteQuery, useQuery } from '@tanstack/react-query';

import { api, dataOf } from '../../api/client';
import type { components } from '../../api/schema';
import { byCursor, cursorOf } from '../../kit/cursor';
import type { Tone } from '../../kit/Tag';

export type Schemas = components['schemas'];
export type Import = Schemas['ImportOut'];
export type ImportRow = Schemas['ImportRowOut'];
export type RowVerdict = Schemas['RowVerdict'];
export type Sheet = Schemas['SheetOut'];

const WHILE_WORKING = 1_000;

export const isWorking = (run: Import): boolean => run.state === 'checking' || run.state === 'applying';

export const useSheets = () =>
  useQuery({
    queryKey: ['import-sheets'],
    queryFn: () => dataOf(api.GET('/v1/import-sheets')),
    staleTime: 600_000,
  });

export const useImports = () =>
  useInfiniteQuery({
    queryKey: ['imports'],
    queryFn: ({ pageParam }) =>
      dataOf(api.GET('/v1/imports', { params: { query: { limit: 50, ...cursorOf(pageParam) } } })),
    ...byCursor,
  });

/** One import; asked again every second while the worker is at it. */
export const useImport = (id: string) =>
  useQuery({
    queryKey: ['import', id],
    queryFn: () => dataOf(api.GET('/v1/imports/{run_id}', { params: { path: { run_id: id } } })),
    refetchInterval: (query) => (query.state.data && isWorking(query.state.data) ? WHILE_WORKING : false),
  });

export const useImportRows = (id: string, verdict: RowVerdict, state: string) =>
  useInfiniteQuery({
    queryKey: ['import', id, 'rows', verdict, state],
    queryFn: ({ pageParam }) =>
      dataOf(
        api.GET('/v1/imports/{run_id}/rows', {
          params: { path: { run_id: id }, query: { verdict: [verdict], limit: 50, ...cursorOf(pageParam) } },
        }),
      ),
    ...byCursor,
  });

/** Send a file as it is; the server recognises what it holds. */
export const startImport = (kind: Schemas['ImportKind'], clinic: string, file: File): Promise<Import> =>
  dataOf(
    api.POST('/v1/imports', {
      params: { query: { kind, clinic } },
      body: file as unknown as string,
      bodySerializer: (body) => body as unknown as File,
      headers: { 'Content-Type': 'application/octet-stream' },
    }),
  );

export const TONES: Readonly<Record<RowVerdict, Tone>> = {
  waiting: 'plain', new: 'good', created: 'good', known: 'plain', skipped: 'ended', refused: 'warn',
}; // prettier-ignore

/** The verdicts in the order in which they matter. */
export const VERDICTS: readonly RowVerdict[] = ['refused', 'new', 'created', 'known', 'skipped', 'waiting'];
