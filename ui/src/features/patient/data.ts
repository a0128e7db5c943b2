import { useQuery } from '@tanstack/react-query';

import { api, dataOf } from '../../api/client';
import type { components } from '../../api/schema';
import { clinicToday, plusDays } from '../../dates';
import { useOneOf } from '../../url';

export type Schemas = components['schemas'];
export type Summary = Schemas['Summary'];
export type Person = Schemas['PatientRecord'];

const path = (patient_id: string) => ({ params: { path: { patient_id } } });

export const usePerson = (id: string) =>
  useQuery({
    queryKey: ['patient', id, 'person'],
    queryFn: () => dataOf(api.GET('/v1/patients/{patient_id}', path(id))),
    staleTime: 60_000,
  });

export const useSummary = (id: string) =>
  useQuery({
    queryKey: ['patient', id, 'summary'],
    // the library widens pairs of numbers to lists
    queryFn: async () => (await dataOf(api.GET('/v1/patients/{patient_id}/summary', path(id)))) as unknown as Summary,
  });

export const useEnrolments = (id: string) =>
  useQuery({
    queryKey: ['patient', id, 'enrolments'],
    queryFn: () => dataOf(api.GET('/v1/patients/{patient_id}/enrolments', path(id))),
  });

export const useConsents = (id: string) =>
  useQuery({
    queryKey: ['patient', id, 'consents'],
    queryFn: () => dataOf(api.GET('/v1/patients/{patient_id}/consents', path(id))),
  });

export const useVisits = (id: string, limit = 24) =>
  useQuery({
    queryKey: ['patient', id, 'visits', limit],
    queryFn: () =>
      dataOf(
        api.GET('/v1/patients/{patient_id}/followups', {
          params: { path: { patient_id: id }, query: { limit } },
        }),
      ),
  });

/** As many as a card of some 800 pixels shows apart; the server keeps extremes and alarms among them. */
const MOST_POINTS = 240;

export const useSeries = (id: string, of: Schemas['SeriesOf'], from: string, to: string) =>
  useQuery({
    queryKey: ['patient', id, 'series', of, from, to],
    queryFn: () =>
      dataOf(
        api.GET('/v1/patients/{patient_id}/readings', {
          params: { path: { patient_id: id }, query: { series: of, from, to, points: MOST_POINTS } },
        }),
      ),
  });

/** How far back the pressures are shown: a year unless the address says otherwise. */
export const PRESSURE_DAYS = ['365', '90', '1825'] as const;

export function usePressureSeries(id: string) {
  const today = clinicToday();
  const days = useOneOf('days', PRESSURE_DAYS);
  return useSeries(id, 'blood_pressure', plusDays(today, -Number(days)), plusDays(today, 1));
}

export const useProfile = (id: string, days: number) =>
  useQuery({
    queryKey: ['patient', id, 'profile', days],
    queryFn: () =>
      dataOf(
        api.GET('/v1/patients/{patient_id}/glucose/profile', { params: { path: { patient_id: id }, query: { days } } }),
      ),
  });

export const useCgm = (id: string, days: number) =>
  useQuery({
    queryKey: ['patient', id, 'cgm', days],
    queryFn: () =>
      dataOf(api.GET('/v1/patients/{patient_id}/cgm/summary', { params: { path: { patient_id: id }, query: { days } } })),
  });
