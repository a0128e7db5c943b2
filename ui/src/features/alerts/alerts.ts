import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';

import { api, dataOf } from '../../api/client';
import type { components } from '../../api/schema';
import { byCursor, cursorOf } from '../../kit/cursor';

type Schemas = components['schemas'];
export type Alert = Schemas['AlertListed'];
export type AlertDetail = Schemas['AlertDetail'];
export type AlertTierCode = Schemas['AlertTier'];

const EVERY = 15_000;

export interface AlertFilter {
  readonly clinic: string | undefined;
  readonly closed: boolean;
  readonly tier: AlertTierCode | null;
  /** How far up it was told; null: however far. */
  readonly level?: Schemas['Level'] | null;
}

/** RED first, in each tier the one raised first; asked anew while the tab is in view. */
export const useAlerts = ({ clinic, closed, tier, level = null }: AlertFilter, limit = 50) =>
  useInfiniteQuery({
    queryKey: ['alerts', clinic, closed, tier, level, limit],
    queryFn: ({ pageParam }) =>
      dataOf(
        api.GET('/v1/alerts', {
          params: {
            query: {
              limit,
              ...(clinic ? { clinic } : {}),
              ...(closed ? { status: ['closed'] } : {}),
              ...(tier ? { tier } : {}),
              ...(level ? { level } : {}),
              ...cursorOf(pageParam),
            },
          },
        }),
      ),
    ...byCursor,
    refetchInterval: EVERY,
  });

/** How many wait, by tier and state; no person in it. */
export const useAlertCounts = (clinic: string) =>
  useQuery({
    queryKey: ['alert-counts', clinic],
    queryFn: () => dataOf(api.GET('/v1/alerts/counts', { params: { query: { clinic } } })),
    refetchInterval: EVERY,
  });

export const useAlert = (id: string) =>
  useQuery({
    queryKey: ['alert', id],
    queryFn: () => dataOf(api.GET('/v1/alerts/{alert_id}', { params: { path: { alert_id: id } } })),
  });

export const acknowledge = (id: string, body: Record<string, unknown>): Promise<AlertDetail> =>
  dataOf(
    api.POST('/v1/alerts/{alert_id}:acknowledge', {
      params: { path: { alert_id: id } },
      body: body as Schemas['AcknowledgeIn'],
    }),
  );

export const close = (id: string, body: Record<string, unknown>): Promise<AlertDetail> =>
  dataOf(
    api.POST('/v1/alerts/{alert_id}:close', { params: { path: { alert_id: id } }, body: body as Schemas['CloseIn'] }),
  );

/** After an answer everything that shows alerts, or the tasks that follow from them, is asked for anew. */
export function useAlertsChanged(): () => void {
  const queries = useQueryClient();
  return () => {
    for (const key of ['alerts', 'alert', 'alert-counts', 'worklist', 'counts', 'critical']) {
      void queries.invalidateQueries({ queryKey: [key] });
    }
  };
}
