import type { components } from '../../api/schema';
import { clinicToday } from '../../dates';
import type { Draft } from '../../kit/drafts';
import { bodyOf, readDate } from '../../kit/fields';
import { INFORMATION, PERSON, phoneFields } from './fields';

type Schemas = components['schemas'];
export type Checked = Schemas['CheckedDocument'];

const plain = (draft: Draft, name: string): string => (draft[name] ?? '').normalize('NFKC').trim();

/** A document number as it is sent: without spaces, its X a capital. */
const numberOf = (draft: Draft): string => plain(draft, 'number').replace(/\s/g, '').toUpperCase();

function documentOf(draft: Draft): { citizen_id?: string; document?: Schemas['DocumentIn'] } {
  const number = numberOf(draft);
  if (draft['kind'] === 'NONE' || number === '') return {};
  if (draft['kind'] === 'CITIZEN_ID') return { citizen_id: number };
  return { document: { kind: draft['kind'] as Schemas['DocumentKind'], number } };
}

const PHONE = /^\+?[0-9][0-9 -]{4,19}$/;

/** What can be looked for while somebody still types; null until there is enough. */
export function checkOf(draft: Draft, clinic: string): Schemas['CheckIn'] | null {
  const document = documentOf(draft);
  const number = numberOf(draft);
  const isWhole = draft['kind'] === 'CITIZEN_ID' ? /^(\d{15}|\d{17}[\dX])$/.test(number) : number.length >= 6;
  const birth = readDate(draft['birth_date'] ?? '');
  const phone = plain(draft, 'phone');
  const name = plain(draft, 'name');
  const hasMore = birth !== null || PHONE.test(phone) || plain(draft, 'address') !== '';
  if (!isWhole && !(name && hasMore)) return null;
  return {
    clinic_id: clinic,
    ...(isWhole ? document : {}),
    ...(name ? { name } : {}),
    ...(birth ? { birth_date: birth } : {}),
    ...(PHONE.test(phone) ? { phone } : {}),
    ...(plain(draft, 'address') ? { address: plain(draft, 'address') } : {}),
    ...(draft['sex'] ? { sex: draft['sex'] as Schemas['Sex'] } : {}),
  };
}

function pastOf(draft: Draft): Schemas['PastDiseaseIn'][] | null {
  if (!draft['past']) return null;
  return draft['past'].split(',').map((code) => {
    const since = plain(draft, `since.${code}`);
    return { code: Number(code) as Schemas['PastDisease'], ...(since ? { since } : {}) };
  });
}

/** The person as `POST /v1/patients` takes them. */
export function patientOf(draft: Draft, clinic: string, phones: number): Schemas['PatientIn'] {
  const { citizen_id, document } = documentOf(draft);
  const person = bodyOf(PERSON, draft);
  const information = { ...(person['information'] as object), ...(bodyOf(INFORMATION, draft)['information'] as object) };
  const past = pastOf(draft);
  const extra = Object.values((bodyOf(phoneFields(phones), draft)['phones'] ?? {}) as Record<string, Schemas['PhoneIn']>);
  const body = {
    ...person,
    clinic_id: clinic,
    ...(citizen_id ? { citizen_id } : {}),
    documents: document ? [document] : [],
    phones: extra,
    birth_date_precision: draft['year_only'] === 'yes' ? 'year' : 'day',
    information: past ? { ...information, diseases: past } : information,
  };
  const { kind: _kind, number: _number, year_only: _only, ...rest } = body as Record<string, unknown>;
  return rest as unknown as Schemas['PatientIn'];
}

/** The enrolments that were asked for, as `POST …/enrolments` takes them. */
export function enrolmentsOf(draft: Draft): readonly Schemas['EnrolmentIn'][] {
  const diseases = (draft['diseases'] ?? '').split(',').filter(Boolean) as Schemas['Disease'][];
  return diseases.map((disease) => ({
    disease,
    enrolled_on: clinicToday(),
    confirmed_on: readDate(draft[`${disease}.confirmed_on`] ?? ''),
    confirmed_at: plain(draft, `${disease}.confirmed_at`),
    primary_disease: draft[`${disease}.secondary`] !== 'yes',
    doctor: plain(draft, 'doctor'),
    consent: draft['consent'] === 'yes',
    consent_channel: (draft['consent_channel'] || null) as Schemas['ConsentChannel'] | null,
    consent_version: plain(draft, 'consent_version') || null,
    state: 'ACTIVE',
  }));
}
