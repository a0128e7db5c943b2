import { useInfiniteQuery, useQuery } from '@tanstack/react-query';

import { api, dataOf } from '../../api/client';
import { plusDays, shiftMonth } from '../../dates';
import { byCursor, cursorOf } from '../../kit/cursor';
import type { Schemas } from '../patient/data';

export type PlanDay = Schemas['PlanDay'];
export type PlanItem = Schemas['PlanItem'];
export type Moved = Schemas['TaskBatchOut'];

const weekday = (day: string): number => (new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7; // Monday is 0

/** The whole weeks in which a month lies, Monday first. */
export function weeksOf(month: string): readonly (readonly string[])[] {
  const first = `${month}-01`;
  const last = plusDays(`${shiftMonth(month, 1)}-01`, -1);
  const begin = plusDays(first, -weekday(first));
  const count = Math.ceil((weekday(first) + Number(last.slice(8))) / 7);
  return Array.from({ length: count }, (_, week) => Array.from({ length: 7 }, (_unused, day) => plusDays(begin, week * 7 + day)));
}

export const usePlanDays = (clinic: string | undefined, from: string, to: string) =>
  useQuery({
    queryKey: ['plans', clinic, from, to],
    queryFn: () => dataOf(api.GET('/v1/plans', { params: { query: { clinic: clinic ?? '', from, to } } })),
    enabled: clinic !== undefined,
    placeholderData: (before) => before,
  });

/** The tasks of one day; of one nurse, of nobody yet (`none`), or all. */
export const usePlanItems = (clinic: string | undefined, on: string, assignee: string | null) =>
  useInfiniteQuery({
    queryKey: ['plans', clinic, 'items', on, assignee],
    queryFn: ({ pageParam }) =>
      dataOf(
        api.GET('/v1/plans/items', {
          params: { query: { clinic: clinic ?? '', on, limit: 100, ...(assignee ? { assignee } : {}), ...cursorOf(pageParam) } },
        }),
      ),
    enabled: clinic !== undefined,
    ...byCursor,
  });

export type Wanted = Pick<Schemas['PlansBatchIn'], 'reason' | 'planned_on' | 'days'>;

/** Move tasks to a day, or by so many days; the answer says of each what became of it. */
export const movePlans = (task_ids: readonly string[], wanted: Wanted): Promise<Moved> =>
  dataOf(api.POST('/v1/plans:batch', { body: { task_ids: [...task_ids], ...wanted } }));

/** Take back one's own last act on each of these tasks. */
export async function undoAll(task_ids: readonly string[]): Promise<void> {
  for (const task_id of task_ids) {
    await dataOf(api.POST('/v1/worklist/{task_id}:undo', { params: { path: { task_id } } }));
  }
}
