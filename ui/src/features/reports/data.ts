import { useInfiniteQuery, useQuery } from '@tanstack/react-query';

import { api, dataOf } from '../../api/client';
import type { components } from '../../api/schema';
import { byCursor, cursorOf } from '../../kit/cursor';
import type { Tone } from '../../kit/Tag';

export type Schemas = components['schemas'];
export type Report = Schemas['ReportOut'];
export type ReportValue = Schemas['ReportValueOut'];

export const REPORT_TONES: Readonly<Record<Schemas['ReportState'], Tone>> = {
  proposed: 'time', published: 'good', refused: 'ended',
}; // prettier-ignore

export const useReports = (organisation: string) =>
  useQuery({
    queryKey: ['reports', organisation],
    queryFn: () => dataOf(api.GET('/v1/indicator-reports', { params: { query: { organisation } } })),
  });

export const useReport = (id: string | null) =>
  useQuery({
    queryKey: ['report', id],
    queryFn: () => dataOf(api.GET('/v1/indicator-reports/{report_id}', { params: { path: { report_id: id ?? '' } } })),
    enabled: id !== null,
  });

export const useChanges = (id: string, enabled: boolean) =>
  useInfiniteQuery({
    queryKey: ['report-changes', id],
    queryFn: ({ pageParam }) =>
      dataOf(
        api.GET('/v1/indicator-reports/{report_id}/changes', {
          params: { path: { report_id: id }, query: { limit: 50, ...cursorOf(pageParam) } },
        }),
      ),
    ...byCursor,
    enabled,
  });

export const monthOfReport = (report: Report): string => report.period.end.slice(0, 7);
