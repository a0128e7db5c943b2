import { useQuery } from '@tanstack/react-query';

import { api, dataOf, done } from '../../api/client';
import type { Schemas } from '../patient/data';

export type DiseaseSet = Schemas['DiseaseSet'];

/** What the form of a new visit opens with: what may be carried over, the last six visits, a draft that was left. */
export const useOpening = (id: string) =>
  useQuery({
    queryKey: ['patient', id, 'visit-opening'],
    queryFn: () =>
      dataOf(api.GET('/v1/patients/{patient_id}/followups/new', { params: { path: { patient_id: id } } })),
    gcTime: 0,
    staleTime: Infinity, // asked once for each form: a draft that is saved meanwhile is this form's own
  });

/** One encounter with all its versions. */
export const useEncounter = (encounter_id: string) =>
  useQuery({
    queryKey: ['encounter', encounter_id],
    queryFn: () => dataOf(api.GET('/v1/followups/{encounter_id}', { params: { path: { encounter_id } } })),
    staleTime: 0,
  });

export const setOf = (diseases: readonly string[]): DiseaseSet => [...diseases].sort().join('_') as DiseaseSet;

const draftOf = (patient_id: string, diseases: DiseaseSet) => ({ params: { path: { patient_id, diseases } } });

export const keepDraft = (id: string, diseases: DiseaseSet, form: Record<string, unknown>) =>
  dataOf(api.PUT('/v1/patients/{patient_id}/followups/drafts/{diseases}', { ...draftOf(id, diseases), body: { form } }));

export const forgetDraft = (id: string, diseases: DiseaseSet) =>
  done(api.DELETE('/v1/patients/{patient_id}/followups/drafts/{diseases}', draftOf(id, diseases)));
