import type { components } from '../../api/schema';
import * as codes from '../../locales/codes';
import type { PageKey, PageWords } from '../../locales/pages';

type Record = components['schemas']['PatientRecord'];

export interface Line {
  readonly label: string;
  readonly one: string;
  readonly other: string;
}

const NAMES: Readonly<{ [key: string]: PageKey }> = {
  residence: 'reg.residence', nationality: 'reg.nationality', blood_group: 'reg.blood', rhesus: 'reg.rhesus',
  education: 'reg.education', marital_status: 'reg.marital', family_doctor: 'reg.familyDoctor', region_code: 'reg.region',
}; // prettier-ignore

const SETS: Readonly<{ [key: string]: codes.Codes }> = {
  residence: codes.Residence, blood_group: codes.BloodGroup, rhesus: codes.Rhesus, education: codes.Education,
  marital_status: codes.MaritalStatus,
}; // prettier-ignore

function texts(record: Record, clinic: string, { t, name }: PageWords): readonly (readonly [string, string])[] {
  const information = record.information as { readonly [key: string]: unknown };
  return [
    [t('col.person'), record.name],
    [t('patients.sex'), t(`sex.${record.sex}`)],
    [t('reg.birth'), record.birth_date],
    [t('col.citizenId'), record.citizen_id ?? ''],
    [t('dup.documents'), record.documents.map((one) => `${name(codes.DocumentKind, one.kind)} ${one.number}`).join(', ')],
    [t('col.phone'), [record.phone, ...record.phones.map((one) => one.phone)].filter(Boolean).join(', ')],
    [t('dup.recordNumber'), record.health_record_number ?? ''],
    [t('col.clinic'), clinic],
    ...Object.entries(NAMES).map(([key, label]): [string, string] => {
      const value = information[key] as string | number | null;
      const set = SETS[key];
      return [t(label), set ? name(set, value) : String(value ?? '')];
    }),
  ];
}

/** Two records line by line; lines in which neither says anything are left out. */
export function linesOf(one: Record, other: Record, clinicName: (id: string) => string, words: PageWords): readonly Line[] {
  const right = texts(other, clinicName(other.clinic_id), words);
  return texts(one, clinicName(one.clinic_id), words)
    .map(([label, text], index) => ({ label, one: text, other: right[index]?.[1] ?? '' }))
    .filter((line) => line.one !== '' || line.other !== '');
}
