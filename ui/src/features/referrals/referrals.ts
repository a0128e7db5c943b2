import { useInfiniteQuery, useQuery } from '@tanstack/react-query';

import { api, dataOf } from '../../api/client';
import { byCursor, cursorOf } from '../../kit/cursor';
import type { Field } from '../../kit/fields';
import { ReferralCause, ReferralDirection, ReferralEnd } from '../../locales/codes';
import type { Schemas } from '../patient/data';

export type Listed = Schemas['ReferralListed'];
export type State = Schemas['ReferralState'];
export type Step = 'send' | 'accept' | 'return' | 'close';

/** The steps that a referral may take from each state; none is skipped, and closing is always possible. */
export const STEPS: Readonly<Record<State, readonly Step[]>> = {
  proposed: ['send', 'close'], sent: ['accept', 'close'], accepted: ['return', 'close'], returned: ['close'], closed: [],
}; // prettier-ignore

export interface Asked {
  readonly clinic: string | undefined;
  readonly person: string | null;
  readonly direction: Schemas['ReferralDirection'] | null;
  /** One state, or those whose check within two weeks is due. */
  readonly show: State | 'check_due';
}

export const useReferrals = ({ clinic, person, direction, show }: Asked) =>
  useInfiniteQuery({
    queryKey: ['referrals', clinic, person, direction, show],
    queryFn: ({ pageParam }) =>
      dataOf(
        api.GET('/v1/referrals', {
          params: {
            query: {
              limit: 50,
              ...(person ? { patient: person } : clinic ? { clinic } : {}),
              ...(direction ? { direction } : {}),
              ...(show === 'check_due' ? { check_due: true } : { state: [show] }),
              ...cursorOf(pageParam),
            },
          },
        }),
      ),
    enabled: clinic !== undefined,
    ...byCursor,
  });

export const useReferralCounts = (clinic: string | undefined) =>
  useQuery({
    queryKey: ['referrals', clinic, 'counts'],
    queryFn: () => dataOf(api.GET('/v1/referrals/counts', { params: { query: clinic ? { clinic } : {} } })),
    enabled: clinic !== undefined,
  });

const INSTITUTION: readonly Field[] = [
  { name: 'institution', label: 'visit.institution', kind: 'text', maxLength: 200 },
  { name: 'department', label: 'visit.department', kind: 'text', maxLength: 200 },
];

export const FIELDS_OF: Readonly<Record<Step, readonly Field[]>> = {
  send: INSTITUTION.map((field) => (field.name === 'institution' ? { ...field, required: true } : field)),
  accept: [],
  return: [{ name: 'advice', label: 'ref.advice', kind: 'area', maxLength: 2000, hint: 'fact.noteHint' }],
  close: [
    { name: 'ending', label: 'ref.ending', kind: 'code', codes: ReferralEnd, required: true },
    { name: 'note', label: 'fact.note', kind: 'area', maxLength: 2000, hint: 'fact.noteHint' },
  ],
};

const isDown = (cause: string): boolean => cause === 'STABLE';

export const NEW: readonly Field[] = [
  { name: 'direction', label: 'ref.direction', kind: 'code', codes: ReferralDirection, required: true },
  {
    name: 'reason', label: 'ref.reason', kind: 'pick', codes: ReferralCause, required: true, wide: true,
    codesOf: (draft) => ReferralCause.filter(([code]) => code === 'OTHER' || isDown(code) === (draft['direction'] === 'down')),
  },
  { name: 'is_urgent', label: 'ref.urgent', kind: 'flag' },
  ...INSTITUTION,
  { name: 'note', label: 'fact.note', kind: 'area', maxLength: 2000, hint: 'fact.noteHint' },
]; // prettier-ignore

/** Take one step; the server refuses one that is skipped or was taken meanwhile. */
export function take(step: Step, referral_id: string, body: Record<string, unknown>): Promise<Schemas['ReferralOut']> {
  const params = { params: { path: { referral_id } } };
  switch (step) {
    case 'send':
      return dataOf(api.POST('/v1/referrals/{referral_id}:send', { ...params, body: body as Schemas['ReferralSendIn'] }));
    case 'accept':
      return dataOf(api.POST('/v1/referrals/{referral_id}:accept', params));
    case 'return':
      return dataOf(api.POST('/v1/referrals/{referral_id}:return', { ...params, body: body as Schemas['ReferralReturnIn'] }));
    case 'close':
      return dataOf(
        api.POST('/v1/referrals/{referral_id}:close', { ...params, body: body as unknown as Schemas['ReferralEndIn'] }),
      );
  }
}
