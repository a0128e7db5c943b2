import type { Draft } from '../../kit/drafts';
import { bodyOf, draftOf } from '../../kit/fields';
import type { Schemas } from '../patient/data';
import { FIELDS } from './fields';

export type Visit = Schemas['FollowupIn'];

interface Row {
  readonly name?: string;
}

function rowsOf(typed: unknown, isWhole: (row: Row) => boolean): readonly Row[] {
  return Object.values((typed ?? {}) as Record<string, Row>).filter(isWhole);
}

/** The visit as `POST /v1/followups` and `:assess` take it. */
export function visitOf(draft: Draft, patient_id: string): Visit {
  const { medications, ...body } = bodyOf(FIELDS, draft);
  const rows = rowsOf(medications, (row) => Boolean(row.name));
  return { ...body, ...(rows.length > 0 ? { medications: rows } : {}), patient_id } as unknown as Visit;
}

/** The same half typed, as a draft is kept: what cannot be read yet stays as it was typed. */
export function formOf(draft: Draft): Record<string, unknown> {
  const { medications, ...form } = bodyOf(FIELDS, draft, true);
  const rows = rowsOf(medications, () => true);
  return { ...form, ...(rows.length > 0 ? { medications: rows } : {}) };
}

const SYMPTOMS = { HTN: 'hypertension_symptoms', T2DM: 'diabetes_symptoms' } as const;

/** The draft that stands for a stored visit; a next date that the rules gave is left to the rules again. */
export function draftOfVisit(stored: Schemas['EncounterOut']): Draft {
  const said = stored.followups.map((one) => ({
    ...one.form,
    ...one,
    [SYMPTOMS[one.disease]]: one.symptoms,
    visited_time: one.visited_time?.slice(0, 5),
    next_visit_on: one.judgement.next_visit_on === one.judgement.next_visit_latest_on ? null : one.judgement.next_visit_on,
  }));
  const drafts = said.map((one) => draftOf(FIELDS, one));
  return { ...Object.assign({}, ...drafts), diseases: stored.followups.map((one) => one.disease).join(',') } as Draft;
}
