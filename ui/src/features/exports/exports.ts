import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';

import { api, dataOf, done } from '../../api/client';
import type { components } from '../../api/schema';
import { byCursor, cursorOf } from '../../kit/cursor';
import { refusal } from '../../kit/fields';
import { notify } from '../../kit/toasts';
import { type PageKey, usePageWords } from '../../locales/pages';

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

export type Definition = Schemas['DefinitionOut'];
const SAVED = ['export-definitions'];

/** The exports that the caller's clinics keep under a name. */
export const useDefinitions = () =>
  useQuery({ queryKey: SAVED, queryFn: () => dataOf(api.GET('/v1/export-definitions')) });

/** Keep, make or remove one of them. */
export function useDefinitionActs() {
  const words = usePageWords();
  const queries = useQueryClient();
  const changed = (said: PageKey) => () => {
    notify(words.t(said));
    void queries.invalidateQueries({ queryKey: SAVED });
    void queries.invalidateQueries({ queryKey: ['exports'] });
  };
  const failed = (error: Error) => notify(`▲ ${refusal(error, words)}`);
  const make = useMutation({
    mutationFn: ({ clinic_id: clinic, disease, format, reason, in_full }: Definition) =>
      askExport({ clinic, disease, format, reason } as Schemas['ExportIn'], in_full),
    onSuccess: changed('exp.asked'),
    onError: failed,
  });
  const remove = useMutation({
    mutationFn: ({ id: definition_id }: Definition) =>
      done(api.DELETE('/v1/export-definitions/{definition_id}', { params: { path: { definition_id } } })),
    onSuccess: changed('exp.removed'),
    onError: failed,
  });
  return { make, remove, kept: changed('exp.kept') };
}

export const keepDefinition = (body: Schemas['DefinitionIn']): Promise<Definition> =>
  dataOf(api.POST('/v1/export-definitions', { body }));
