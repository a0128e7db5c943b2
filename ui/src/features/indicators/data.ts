import { queryOptions, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useCallback, useMemo } from 'react';

import { api, dataOf } from '../../api/client';
import type { components } from '../../api/schema';
import type { Disease } from '../../api/types';
import { clinicToday, monthOf, monthsUpTo } from '../../dates';
import { byCursor, cursorOf } from '../../kit/cursor';
import { useOneOf, useUrl } from '../../url';

export type Schemas = components['schemas'];
export type Value = Schemas['IndicatorValueOut'];
export type Definition = Schemas['IndicatorOut'];
export type Bucket = Schemas['Bucket'];
export type Part = Schemas['PartOut'];
export type Span = Schemas['Span'];

export const SPANS: readonly [Span, ...Span[]] = ['year', 'quarter', 'month'];

const MONTHS = 12;
const STALE_MS = 60_000;
const MONTH = /^\d{4}-(0[1-9]|1[0-2])$/;

/** The months of a line: all of them, of quarters the last month of each and the newest. */
const shownBy = (span: Span, months: readonly string[]): readonly string[] =>
  months.filter((month, index) => span !== 'quarter' || Number(month.slice(5)) % 3 === 0 || index === months.length - 1);

/** The month of the address that ends the period, over which span it counts, and the months of a year that end with it. */
export function useMonth(spans: readonly Span[] = SPANS) {
  const newest = monthOf(clinicToday());
  const asked = useUrl('period') ?? newest;
  const month = MONTH.test(asked) && asked <= newest ? asked : newest;
  const named = useOneOf('span', SPANS);
  const span = spans.includes(named) ? named : 'year';
  const months = useMemo(() => shownBy(span, monthsUpTo(month, MONTHS)), [month, span]);
  return { month, months, newest, span };
}

/** Every value of a place over twelve months: one answer, asked again by its tag. */
export function useValues(scope: string, months: readonly string[], span: Span, disease?: Disease, codes?: string) {
  const [from = '', to = ''] = [months[0], months[months.length - 1]];
  return useQuery({
    queryKey: ['indicator-values', scope, from, to, span, disease, codes],
    queryFn: () =>
      dataOf(
        api.GET('/v1/indicator-values', {
          params: { query: { scope, from, to, span, ...(disease ? { disease } : {}), ...(codes ? { codes } : {}) } },
        }),
      ),
    placeholderData: (before) => before,
  });
}

export interface Asking {
  readonly code: string;
  readonly disease: Disease;
  readonly scope: string;
  readonly month: string;
  readonly span: Span;
  /** Of a clinic's people only those of a team; `none`: of no team. */
  readonly team?: string | null;
}

/** The goal that holds for a place: of its own, of one above it, or published. */
export interface Goal {
  readonly percent: string;
  readonly year: number | null;
  readonly source: Schemas['Text'];
  readonly organisation_id?: string | null;
  readonly valid_from?: string | null;
}

export const useGoals = (scope: string, month: string) =>
  useQuery({
    queryKey: ['indicator-goals', scope, month],
    queryFn: () => dataOf(api.GET('/v1/indicator-goals', { params: { query: { scope, month } } })),
    staleTime: STALE_MS,
  });

/** The goal of an indicator at a place at the end of a month; until it is known the published one. */
export function useGoalOf(scope: string, month: string): (definition: Definition) => Goal | null {
  const { data } = useGoals(scope, month);
  return useCallback(
    ({ code, disease, goal }) =>
      data ? (data.items.find((one) => one.code === code && one.disease === disease) ?? null) : (goal ?? null),
    [data],
  );
}

export const NO_TEAM = 'none';

export function useBreakdown({ code, disease, scope, month, span }: Asking, by: Schemas['Parts'], enabled = true) {
  return useQuery(
    queryOptions({
      queryKey: ['breakdown', code, disease, scope, month, span, by],
      queryFn: () =>
        dataOf(
          api.GET('/v1/indicator-values/{code}/breakdown', {
            params: { path: { code }, query: { scope, month, span, by, disease } },
          }),
        ),
      staleTime: STALE_MS,
      enabled,
    }),
  );
}

export function usePeople({ code, disease, scope, month, span, team }: Asking, bucket: Bucket, enabled: boolean) {
  return useInfiniteQuery({
    queryKey: ['indicator-people', code, disease, scope, month, span, bucket, team],
    queryFn: ({ pageParam }) =>
      dataOf(
        api.GET('/v1/indicator-values/{code}/patients', {
          params: {
            path: { code },
            query: { scope, month, span, bucket, disease, limit: 50, ...(team ? { team } : {}), ...cursorOf(pageParam) },
          },
        }),
      ),
    ...byCursor,
    enabled,
  });
}

export type Counts = Pick<Value, 'numerator' | 'denominator' | 'exclusions'>;

/** How many of a number are on which side. */
export const countOf = (value: Counts, bucket: Bucket): number =>
  bucket === 'numerator' ? value.numerator : bucket === 'not_met' ? value.denominator - value.numerator : value.exclusions;

/** The address of what stands behind a number; the place is named when it is no clinic. */
export function listAddress({ code, disease, month, scope, span, team }: Asking, isClinic: boolean, bucket?: Bucket): string {
  const query = new URLSearchParams({ disease, period: month, [isClinic ? 'clinic' : 'place']: scope });
  if (span !== 'year') query.set('span', span);
  if (team) query.set('team', team);
  if (bucket) query.set('bucket', bucket);
  return `/indicators/${code}?${query.toString()}`;
}

/** Values by month, oldest month first; undefined where nothing was counted. */
export function inMonths(values: readonly Value[], months: readonly string[]): readonly (Value | undefined)[] {
  const byMonth = new Map(values.map((value) => [monthOf(value.period.end), value]));
  return months.map((month) => byMonth.get(month));
}
