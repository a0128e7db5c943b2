import { useInfiniteQuery, useQuery } from '@tanstack/react-query';

import { api, dataOf } from '../../api/client';
import { problem } from '../../api/errors';
import type { components } from '../../api/schema';
import { byCursor, cursorOf } from '../../kit/cursor';
import type { Tone } from '../../kit/Tag';

export type Schemas = components['schemas'];
export type Band = Schemas['RiskLevel'] | null;

/** The shape and colour of a band, as the server orders them: a greater number is a higher risk. */
export const BAND_TONES: Readonly<Record<Schemas['RiskLevel'], Tone>> = { 1: 'good', 2: 'plain', 3: 'warn', 4: 'bad' };

export const toneOfBand = (band: Band): Tone => (band === null ? 'ended' : BAND_TONES[band]);

/** A share of 0–1 in percent. */
export const shareText = (value: number | null): string => (value === null ? '—' : `${(100 * value).toFixed(1)}%`);

/** Where a person stands, with the version that a doctor's band is set on. */
export const useRisk = (id: string) =>
  useQuery({
    queryKey: ['risk', id],
    queryFn: async () => {
      const answer = await api.GET('/v1/patients/{patient_id}/risk', { params: { path: { patient_id: id } } });
      if (answer.data === undefined) throw problem(answer.response, answer.error);
      return { risk: answer.data, version: answer.response.headers.get('etag') };
    },
  });

export const useRiskPeople = (clinic: string, band: string | null, enabled: boolean) =>
  useInfiniteQuery({
    queryKey: ['risk-people', clinic, band],
    queryFn: ({ pageParam }) =>
      dataOf(
        api.GET('/v1/risk/people', {
          params: { query: { clinic, limit: 50, ...(band ? { band: Number(band) } : {}), ...cursorOf(pageParam) } },
        }),
      ),
    ...byCursor,
    enabled,
  });

export const useRiskSummary = (scope: string) =>
  useQuery({
    queryKey: ['risk-summary', scope],
    queryFn: () => dataOf(api.GET('/v1/risk/summary', { params: { query: { scope } } })),
  });

export const useRiskModels = () =>
  useQuery({ queryKey: ['risk-models'], queryFn: () => dataOf(api.GET('/v1/risk/models')) });
