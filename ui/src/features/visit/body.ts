import type { Draft } from '../../kit/drafts';
import { bodyOf } from '../../kit/fields';
import type { Schemas } from '../patient/data';
import { FIELDS } from './fields';

interface Row {
  readonly name?: string;
}

/** The visit as `POST /v1/followups` and `:assess` take it. */
export function visitOf(draft: Draft, patient_id: string): Schemas['FollowupIn'] {
  const { medications, ...body } = bodyOf(FIELDS, draft);
  const rows = Object.values((medications ?? {}) as Record<string, Row>).filter((row) => row.name);
  return {
    ...body,
    ...(rows.length > 0 ? { medications: rows } : {}),
    patient_id,
  } as unknown as Schemas['FollowupIn'];
}
