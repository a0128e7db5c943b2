import type { Draft } from '../../kit/drafts';
import type { Field } from '../../kit/fields';
import {
  BloodGroup, ConsentChannel, Disability, Disease, DocumentKind, DrugAllergy, Education, Exposure, FamilyDisease,
  MaritalStatus, PastDisease, Payment, PhoneRelation, Relative, Residence, Rhesus, Sex,
} from '../../locales/codes'; // prettier-ignore
import type { PageKey } from '../../locales/pages';

const hasNumber = (draft: Draft) => draft['kind'] !== 'NONE';

/** Who it is, in the order of the paper form. */
export const PERSON: readonly Field[] = [
  { name: 'kind', label: 'reg.kind', kind: 'pick', codes: DocumentKind, required: true },
  { name: 'number', label: 'reg.number', kind: 'text', maxLength: 40, required: true, when: hasNumber, hint: 'reg.numberHint' },
  { name: 'name', label: 'col.person', kind: 'text', maxLength: 64, required: true },
  { name: 'sex', label: 'patients.sex', kind: 'code', codes: Sex },
  { name: 'birth_date', label: 'reg.birth', kind: 'date' },
  { name: 'year_only', label: 'reg.yearOnly', kind: 'flag' },
  { name: 'phone', label: 'col.phone', kind: 'text', maxLength: 20 },
  { name: 'address', label: 'reg.address', kind: 'text', maxLength: 200, wide: true },
  { name: 'information.region_code', label: 'reg.region', kind: 'text', maxLength: 12, hint: 'reg.regionHint' },
  { name: 'village', label: 'reg.village', kind: 'text', maxLength: 12, hint: 'reg.villageHint' },
  { name: 'information.family_doctor', label: 'reg.familyDoctor', kind: 'text', maxLength: 64 },
]; // prettier-ignore

export const MOST_PHONES = 3;

/** The phones beside the main one, with whose they are. */
export const phoneFields = (count: number): readonly Field[] =>
  Array.from({ length: count }, (_, index): readonly Field[] => [
    { name: `phones.${index}.relation`, label: 'reg.relation', kind: 'pick', codes: PhoneRelation, required: true },
    { name: `phones.${index}.phone`, label: 'reg.otherPhone', kind: 'text', maxLength: 20, required: true },
    { name: `phones.${index}.contact`, label: 'reg.contact', kind: 'text', maxLength: 64 },
  ]).flat();

const RELATIVE_LABELS: readonly PageKey[] = ['reg.father', 'reg.mother', 'reg.siblings', 'reg.children'];

/** The coded fields of the basic information form. */
export const INFORMATION: readonly Field[] = [
  { name: 'information.residence', label: 'reg.residence', kind: 'code', codes: Residence, whole: true },
  { name: 'information.nationality', label: 'reg.nationality', kind: 'text', maxLength: 2, hint: 'reg.nationalityHint' },
  { name: 'information.blood_group', label: 'reg.blood', kind: 'pick', codes: BloodGroup, whole: true },
  { name: 'information.rhesus', label: 'reg.rhesus', kind: 'pick', codes: Rhesus, whole: true },
  { name: 'information.education', label: 'reg.education', kind: 'pick', codes: Education, whole: true },
  { name: 'information.marital_status', label: 'reg.marital', kind: 'pick', codes: MaritalStatus, whole: true },
  { name: 'information.payments', label: 'reg.payments', kind: 'codes', codes: Payment, whole: true },
  { name: 'information.drug_allergies', label: 'reg.allergies', kind: 'codes', codes: DrugAllergy, whole: true, alone: '1' },
  { name: 'information.exposures', label: 'reg.exposures', kind: 'codes', codes: Exposure, whole: true, alone: '1' },
  { name: 'past', label: 'reg.past', kind: 'codes', codes: PastDisease, whole: true, alone: '1' },
  ...PastDisease.filter((code) => code[0] !== '1').map((code): Field => ({
    name: `since.${code[0]}`, label: 'reg.since', kind: 'text', maxLength: 7, hint: 'reg.sinceHint',
    when: (draft) => (draft['past'] ?? '').split(',').includes(code[0]),
  })),
  ...Relative.map((relative, index): Field => ({
    name: `information.family.${relative[0]}`, label: RELATIVE_LABELS[index] ?? 'reg.children', kind: 'codes',
    codes: FamilyDisease, whole: true, alone: '1',
  })),
  { name: 'information.disabilities', label: 'reg.disabilities', kind: 'codes', codes: Disability, whole: true, alone: '1' },
]; // prettier-ignore

const enrols = (disease: string) => (draft: Draft) => (draft['diseases'] ?? '').split(',').includes(disease);
const enrolsAny = (draft: Draft) => Boolean(draft['diseases']);

/** For which diseases the person is managed from now on, and what that asks for (HTN-EN-01). */
export const ENROLMENT: readonly Field[] = [
  { name: 'diseases', label: 'reg.diseases', kind: 'codes', codes: Disease },
  { name: 'HTN.confirmed_on', label: 'reg.htnOn', kind: 'date', required: true, when: enrols('HTN') },
  { name: 'HTN.confirmed_at', label: 'reg.htnAt', kind: 'text', maxLength: 200, required: true, when: enrols('HTN') },
  { name: 'HTN.secondary', label: 'reg.secondary', kind: 'flag', when: enrols('HTN') },
  { name: 'T2DM.confirmed_on', label: 'reg.dmOn', kind: 'date', required: true, when: enrols('T2DM') },
  { name: 'T2DM.confirmed_at', label: 'reg.dmAt', kind: 'text', maxLength: 200, required: true, when: enrols('T2DM') },
  { name: 'doctor', label: 'reg.doctor', kind: 'text', maxLength: 64, required: true, when: enrolsAny },
  { name: 'consent', label: 'reg.consent', kind: 'flag', required: true, when: enrolsAny },
  { name: 'consent_channel', label: 'reg.channel', kind: 'pick', codes: ConsentChannel, required: true, when: enrolsAny },
  { name: 'consent_version', label: 'reg.version', kind: 'text', maxLength: 64, required: true, when: enrolsAny, hint: 'reg.versionHint' },
]; // prettier-ignore
