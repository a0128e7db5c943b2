import { useQuery } from '@tanstack/react-query';

import { api, dataOf } from '../../api/client';
import type { components } from '../../api/schema';
import { readDate } from '../../kit/fields';
import type { Codes } from '../../locales/codes';

export type Schemas = components['schemas'];
export type Opening = Schemas['OpeningOut'];

/** ISO days of the week. */
export const WEEKDAYS: Codes = [
  ['1', '周一', 'Mon'], ['2', '周二', 'Tue'], ['3', '周三', 'Wed'], ['4', '周四', 'Thu'], ['5', '周五', 'Fri'],
  ['6', '周六', 'Sat'], ['7', '周日', 'Sun'],
]; // prettier-ignore

const of = (organisation_id: string) => ({ params: { path: { organisation_id } } });

export const useOpening = (clinic: string) =>
  useQuery({
    queryKey: ['opening-days', clinic],
    queryFn: () => dataOf(api.GET('/v1/organisations/{organisation_id}/opening-days', of(clinic))),
  });

export const setOpening = (clinic: string, body: Schemas['OpeningIn']): Promise<Opening> =>
  dataOf(api.PUT('/v1/organisations/{organisation_id}/opening-days', { ...of(clinic), body }));

export const useRhythm = (node: string) =>
  useQuery({
    queryKey: ['rhythm', node],
    queryFn: () => dataOf(api.GET('/v1/organisations/{organisation_id}/rhythm', of(node))),
  });

export const setRhythm = (node: string, body: Schemas['RhythmIn']): Promise<Schemas['RhythmOut']> =>
  dataOf(api.POST('/v1/organisations/{organisation_id}/rhythm', { ...of(node), body }));

/** Days as they are typed in a list, by line, comma or blank; what is no date stays as it was typed. */
export const readDays = (typed: string): string[] =>
  typed
    .split(/[\s,，、;；]+/)
    .filter(Boolean)
    .map((one) => readDate(one) ?? one);
