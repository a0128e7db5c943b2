import { useInfiniteQuery, useQuery } from '@tanstack/react-query';

import { api, dataOf } from '../../api/client';
import { byCursor, cursorOf } from '../../kit/cursor';
import type { Schemas } from '../patient/data';

export type RecallItem = Schemas['RecallItem'];
export type Section = Schemas['RecallSection'];
export type Result = Schemas['CallResult'];

export const useRecalls = (clinic: string | undefined, section: Section) =>
  useInfiniteQuery({
    queryKey: ['recalls', clinic, section],
    queryFn: ({ pageParam }) =>
      dataOf(
        api.GET('/v1/recalls', {
          params: { query: { section, limit: 50, ...(clinic ? { clinic } : {}), ...cursorOf(pageParam) } },
        }),
      ),
    enabled: clinic !== undefined,
    refetchInterval: 60_000,
    ...byCursor,
  });

export const useRecallSummary = (clinic: string | undefined) =>
  useQuery({
    queryKey: ['recalls', clinic, 'summary'],
    queryFn: () => dataOf(api.GET('/v1/recalls/summary', { params: { query: clinic ? { clinic } : {} } })),
    enabled: clinic !== undefined,
  });

export const usePersonRecall = (patient_id: string) =>
  useQuery({
    queryKey: ['recalls', 'person', patient_id],
    queryFn: () => dataOf(api.GET('/v1/recalls/{patient_id}', { params: { path: { patient_id } } })),
  });

const person = (patient_id: string) => ({ path: { patient_id } });

export const noteCall = (patient_id: string, body: Schemas['CallIn'], key: string) =>
  dataOf(
    api.POST('/v1/recalls/{patient_id}/calls', {
      params: { ...person(patient_id), header: { 'idempotency-key': key } },
      body,
    }),
  );

export const undoCall = (call_id: string) =>
  dataOf(api.POST('/v1/recall-calls/{call_id}:undo', { params: { path: { call_id } } }));

export const putBack = (patient_id: string) =>
  dataOf(api.POST('/v1/recalls/{patient_id}:return', { params: person(patient_id) }));

export const lose = (patient_id: string, enrolment_id: string) =>
  dataOf(api.POST('/v1/recalls/{patient_id}:lose', { params: person(patient_id), body: { enrolment_id } }));
