import { useQuery } from '@tanstack/react-query';

import { api, dataOf } from '../../api/client';
import type { Schemas } from '../patient/data';

const PAGE = 100;

/** All of a person's follow-up records, the newest first; of both diseases a decade is one page. */
async function recordsOf(patient_id: string, history: boolean): Promise<readonly Schemas['FollowupOut'][]> {
  const found: Schemas['FollowupOut'][] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: Schemas['FollowupPage'] = await dataOf(
      api.GET('/v1/patients/{patient_id}/followups', {
        params: { path: { patient_id }, query: { limit: PAGE, history, ...(cursor ? { cursor } : {}) } },
      }),
    );
    found.push(...page.items);
    cursor = page.next_cursor;
  }
  return found;
}

/** `all`: also what was withdrawn or corrected. */
export const useRecords = (id: string, all: boolean) =>
  useQuery({ queryKey: ['patient', id, 'records', all], queryFn: () => recordsOf(id, all) });
