import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';

import { api, dataOf } from '../../api/client';
import type { components } from '../../api/schema';
import { refusal } from '../../kit/fields';
import { byCursor, cursorOf } from '../../kit/More';
import { notify } from '../../kit/toasts';
import { usePageWords } from '../../locales/pages';

export type Schemas = components['schemas'];
export type Held = Schemas['HeldReadingOut'];
export type HeldDetail = Schemas['HeldReadingDetail'];

export interface HeldFilter {
  readonly unmatched: boolean;
  readonly resolved: boolean;
  readonly clinic: string | undefined;
  /** Only values that call for action at once. */
  readonly dangerous: boolean;
}

/** Readings that wait for a person, or that were dealt with. */
export const useHeldList = ({ unmatched, resolved, clinic, dangerous }: HeldFilter) =>
  useInfiniteQuery({
    queryKey: ['held', unmatched, resolved, clinic, dangerous],
    queryFn: ({ pageParam }) =>
      dataOf(
        api.GET('/v1/held-readings', {
          params: { query: { unmatched, resolved, dangerous, limit: 50, ...(clinic ? { clinic } : {}), ...cursorOf(pageParam) } },
        }),
      ),
    ...byCursor,
  });

export const useHeld = (held_id: string) =>
  useQuery({
    queryKey: ['held', held_id],
    queryFn: () => dataOf(api.GET('/v1/held-readings/{held_id}', { params: { path: { held_id } } })),
  });

export type Decision =
  | { readonly act: 'assign'; readonly body: Schemas['AssignIn'] }
  | { readonly act: 'replay'; readonly body: Schemas['ReplayIn'] }
  | { readonly act: 'dismiss'; readonly body: Schemas['DismissIn'] };

const path = (held_id: string) => ({ path: { held_id } });

export function sendDecision(held_id: string, { act, body }: Decision): Promise<Held> {
  const params = path(held_id);
  switch (act) {
    case 'assign':
      return dataOf(api.POST('/v1/held-readings/{held_id}:assign', { params, body }));
    case 'replay':
      return dataOf(api.POST('/v1/held-readings/{held_id}:replay', { params, body }));
    case 'dismiss':
      return dataOf(api.POST('/v1/held-readings/{held_id}:dismiss', { params, body }));
  }
}

/** Decide about a reading; every decision can be taken back. */
export function useDecide(held_id: string, onDone: () => void) {
  const words = usePageWords();
  const queries = useQueryClient();
  const refresh = () => void queries.invalidateQueries({ queryKey: ['held'] });
  const undo = useMutation({
    mutationFn: () => dataOf(api.POST('/v1/held-readings/{held_id}:undo', { params: path(held_id) })),
    onSuccess: () => {
      notify(words.t('held.undone'));
      refresh();
      void queries.invalidateQueries({ queryKey: ['devices'] });
    },
    onError: (error) => notify(`▲ ${refusal(error, words)}`),
  });
  const decide = useMutation({
    mutationFn: (decision: Decision) => sendDecision(held_id, decision),
    onSuccess: () => {
      notify(words.t('held.done'), () => undo.mutate());
      refresh();
      void queries.invalidateQueries({ queryKey: ['devices'] });
      onDone();
    },
  });
  return { decide, undo, refresh };
}

interface Item {
  readonly [key: string]: unknown;
}

const text = (value: unknown): string => (value === null || value === undefined ? '' : String(value));

/** The value as it was sent, whichever of the units. */
export function valueOf(item: unknown): string {
  const sent = (item ?? {}) as Item;
  const value =
    sent['kind'] === 'blood_pressure' || sent['systolic'] !== undefined
      ? `${text(sent['systolic'])}/${text(sent['diastolic'])}`
      : text(sent['flag'] ?? sent['value']);
  return value ? `${value} ${text(sent['unit'])}` : '–';
}

/** The time as the device said it. */
export const deviceTimeOf = (item: unknown): string => {
  const sent = (item ?? {}) as Item;
  const said = text(sent['taken_at'] ?? sent['taken_at_local']);
  return said.replace(/^(\d{4}-\d\d-\d\d)T(\d\d:\d\d(?::\d\d)?)(?:\.\d+)?/, '$1 $2 ').trim() || '–';
};
