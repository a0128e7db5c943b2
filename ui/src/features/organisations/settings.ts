import { useQuery } from '@tanstack/react-query';

import { api, dataOf, done } from '../../api/client';
import type { components } from '../../api/schema';
import { readDate } from '../../kit/fields';
import type { Codes } from '../../locales/codes';

export type Schemas = components['schemas'];
export type Opening = Schemas['OpeningOut'];

const inWords = (language: string) => new Intl.DateTimeFormat(language, { weekday: 'short', timeZone: 'UTC' });

/** ISO days of the week; the first of January 2024 was a Monday. */
export const WEEKDAYS: Codes = [1, 2, 3, 4, 5, 6, 7].map((day) => {
  const at = new Date(Date.UTC(2024, 0, day));
  return [String(day), inWords('zh-CN').format(at), inWords('en').format(at)] as const;
});

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
    .normalize('NFKC')
    .split(/[\s,;\u3001]+/)
    .filter(Boolean)
    .map((one) => readDate(one) ?? one);

export type Team = Schemas['TeamOut'];

export const useTeams = (clinic: string) =>
  useQuery({
    queryKey: ['teams', clinic],
    queryFn: () => dataOf(api.GET('/v1/organisations/{organisation_id}/teams', of(clinic))),
  });

export const saveTeam = (clinic: string, team_id: string | undefined, body: Schemas['TeamIn']): Promise<Team> =>
  team_id === undefined
    ? dataOf(api.POST('/v1/organisations/{organisation_id}/teams', { ...of(clinic), body }))
    : dataOf(api.PUT('/v1/teams/{team_id}', { params: { path: { team_id } }, body }));

export const removeTeam = (team_id: string) => done(api.DELETE('/v1/teams/{team_id}', { params: { path: { team_id } } }));

/** Names as they are typed in a list, by line or comma; a blank may be part of a name. */
export const readNames = (typed: string): string[] =>
  typed
    .split(/[\n,;\uFF0C\u3001\uFF1B]+/)
    .map((one) => one.trim())
    .filter(Boolean);

export const useSetGoals = (node: string) =>
  useQuery({
    queryKey: ['set-goals', node],
    queryFn: () => dataOf(api.GET('/v1/organisations/{organisation_id}/goals', of(node))),
  });

export const setGoal = (node: string, body: Schemas['GoalIn']): Promise<Schemas['SetGoalOut']> =>
  dataOf(api.POST('/v1/organisations/{organisation_id}/goals', { ...of(node), body }));
