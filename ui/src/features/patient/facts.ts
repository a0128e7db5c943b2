import { api, dataOf } from '../../api/client';
import { clinicToday } from '../../dates';
import type { Draft } from '../../kit/drafts';
import type { Field } from '../../kit/fields';
import {
  Adherence, AllergyCategory, AnalyteUnits, Analytes, type Code, type Codes, Condition, Frequency, Medicines, Severity, Source,
} from '../../locales/codes'; // prettier-ignore
import { rangeText, resultText } from '../../kit/values';
import type { PageKey, PageWords } from '../../locales/pages';
import type { Schemas } from './data';

/** A fact of the record as it is listed, whatever its kind. */
export interface Fact {
  readonly id: string;
  readonly version: string;
  readonly on: string;
  readonly actor: string;
  readonly recorded_at: string;
  readonly reason: string | null;
  readonly replaces: string | null;
  readonly retracted: boolean;
  readonly derived_from?: string | null;
  readonly [key: string]: unknown;
}

export type FactKindName = 'labs' | 'medications' | 'diagnoses' | 'allergies';

export interface FactKind {
  readonly path: FactKindName;
  readonly title: PageKey;
  readonly fields: readonly Field[];
  readonly initial: Draft;
  /** What of a fact the address can narrow the list by. */
  readonly narrow?: { readonly name: string; readonly label: PageKey; readonly codes: Codes };
  /** What stands in the table between the day and who recorded it. */
  readonly columns: readonly {
    readonly head: PageKey;
    readonly number?: boolean;
    readonly cell: (fact: Fact, words: PageWords) => string;
  }[];
}

const text = (value: unknown): string => (value === null || value === undefined ? '' : String(value));
const end = (value: unknown): string | null => (value === null || value === undefined ? null : String(Number(value)));
const unitsOf = (draft: Draft): readonly Code[] =>
  (AnalyteUnits[draft['analyte'] ?? ''] ?? []).map((unit) => [unit, unit, unit] as const);

const ON: Field = { name: 'on', label: 'fact.on', kind: 'date', required: true };
const SOURCE: Field = { name: 'source', label: 'fact.source', kind: 'pick', codes: Source, required: true };
const NOTE: Field = { name: 'note', label: 'fact.note', kind: 'area', maxLength: 2000, hint: 'fact.noteHint' };

const medicineNames = Medicines.flatMap((code) => [code[1], code[2]]);

export const MEDICINE: readonly Field[] = [
  { name: 'name', label: 'fact.medicine', kind: 'text', required: true, maxLength: 200, suggest: medicineNames,
    offers: (one) => ({ name: one.name, dose: one.dose ?? '', dose_unit: one.dose_unit ?? 'mg', frequency: one.frequency ?? '' }),
  }, // prettier-ignore
  { name: 'dose', label: 'fact.dose', kind: 'number' },
  {
    name: 'dose_unit', label: 'fact.doseUnit', kind: 'text', maxLength: 20, suggest: ['mg', 'g', 'IU', 'ml'],
    when: (draft) => Boolean(draft['dose']),
  }, // prettier-ignore
  { name: 'frequency', label: 'fact.frequency', kind: 'pick', codes: Frequency },
  { ...ON, label: 'fact.since' },
  { name: 'stopped_on', label: 'fact.stopped', kind: 'date' },
  { name: 'adherence', label: 'fact.adherence', kind: 'code', codes: Adherence, whole: true },
  NOTE,
];

const today = (): Draft => ({ on: clinicToday() });

export const FACT_KINDS: Readonly<Record<'labs' | 'medicines' | 'diagnoses' | 'allergies', FactKind>> = {
  labs: {
    path: 'labs',
    title: 'part.labs',
    fields: [
      { name: 'analyte', label: 'fact.analyte', kind: 'pick', codes: Analytes, required: true },
      { name: 'value', label: 'fact.value', kind: 'text', required: true, maxLength: 20, hint: 'fact.valueHint' },
      { name: 'unit', label: 'fact.unit', kind: 'pick', codesOf: unitsOf, required: true },
      ON,
      { name: 'range_low', label: 'fact.rangeLow', kind: 'number' },
      { name: 'range_high', label: 'fact.rangeHigh', kind: 'number' },
      SOURCE,
      NOTE,
    ],
    initial: { ...today(), source: 'laboratory' },
    narrow: { name: 'analyte', label: 'fact.analyte', codes: Analytes },
    columns: [
      { head: 'fact.analyte', cell: (fact, { name }) => name(Analytes, text(fact['analyte'])) },
      { head: 'fact.value', number: true, cell: (fact) => resultText(`${text(fact['beyond'])}${text(fact['written'])} ${text(fact['written_unit'])}`.replace(/^([<>])\1/, '$1')) },
      {
        head: 'fact.range',
        cell: (fact) => rangeText(end(fact['range_low']), end(fact['range_high'])),
      },
      { head: 'fact.flag', cell: flagOf },
    ],
  },
  medicines: {
    path: 'medications',
    title: 'part.medicines',
    fields: MEDICINE,
    initial: { ...today(), dose_unit: 'mg' },
    columns: [
      { head: 'fact.medicine', cell: (fact) => text(fact['name']) },
      { head: 'fact.dose', cell: (fact) => (fact['dose'] ? `${Number(fact['dose'])} ${text(fact['dose_unit'])}` : '') },
      { head: 'fact.frequency', cell: (fact, { name }) => name(Frequency, text(fact['frequency'])) },
      { head: 'fact.adherence', cell: (fact, { name }) => name(Adherence, text(fact['adherence'])) },
      { head: 'fact.stopped', cell: (fact) => text(fact['stopped_on']) },
    ],
  },
  diagnoses: {
    path: 'diagnoses',
    title: 'part.diagnoses',
    fields: [
      { name: 'name', label: 'fact.diagnosis', kind: 'text', maxLength: 200 },
      { name: 'icd10', label: 'fact.icd', kind: 'text', maxLength: 10, hint: 'fact.icdHint' },
      { name: 'condition', label: 'fact.condition', kind: 'pick', codes: Condition, hint: 'fact.conditionHint' },
      ON,
      { name: 'ended_on', label: 'fact.ended', kind: 'date' },
      SOURCE,
      NOTE,
    ],
    initial: { ...today(), source: 'typed' },
    columns: [
      { head: 'fact.diagnosis', cell: (fact) => text(fact['name']) },
      { head: 'fact.icd', cell: (fact) => text(fact['icd10']) },
      { head: 'fact.condition', cell: (fact, { name }) => name(Condition, text(fact['condition'])) },
      { head: 'fact.ended', cell: (fact) => text(fact['ended_on']) },
    ],
  },
  allergies: {
    path: 'allergies',
    title: 'part.allergies',
    fields: [
      { name: 'substance', label: 'fact.substance', kind: 'text', required: true, maxLength: 200, suggest: medicineNames },
      { name: 'category', label: 'fact.category', kind: 'code', codes: AllergyCategory },
      { name: 'reaction', label: 'fact.reaction', kind: 'text', maxLength: 200 },
      { name: 'severity', label: 'fact.severity', kind: 'code', codes: Severity },
      ON,
      SOURCE,
      NOTE,
    ],
    initial: { ...today(), category: 'medicine', source: 'typed' },
    columns: [
      { head: 'fact.substance', cell: (fact) => text(fact['substance']) },
      { head: 'fact.category', cell: (fact, { name }) => name(AllergyCategory, text(fact['category'])) },
      { head: 'fact.reaction', cell: (fact) => text(fact['reaction']) },
      { head: 'fact.severity', cell: (fact, { name }) => name(Severity, text(fact['severity'])) },
    ],
  },
};

function flagOf(fact: Fact, { t }: PageWords): string {
  if (fact['is_critical'] === true) return `▲▲ ${t('today.critical')}`;
  if (fact['flag'] === 'HIGH') return `▲ ${t('fact.high')}`;
  if (fact['flag'] === 'LOW') return `▼ ${t('fact.low')}`;
  return fact['flag'] === 'NORMAL' ? `● ${t('fact.normal')}` : '○';
}

/** What a fact says, as the form that corrects it begins. */
export function draftOf(kind: FactKind, fact: Fact): Draft {
  const draft: Record<string, string> = {};
  for (const { name, kind: typed } of kind.fields) {
    const value = fact[name];
    draft[name] = typed === 'number' && value ? String(Number(value)) : text(value);
  }
  if (kind.path === 'labs') {
    draft['value'] = `${text(fact['beyond'])}${text(fact['written'])}`.replace(/^([<>])\1/, '$1');
    draft['unit'] = text(fact['written_unit']);
    if (fact['range_of_laboratory'] !== true) draft['range_low'] = draft['range_high'] = '';
  }
  return draft;
}

// The four kinds share their shape but not their types; the fields above and the server's checks stand for those.
const LIST = '/v1/patients/{patient_id}/labs' as const;
const CORRECT = '/v1/patients/{patient_id}/labs/{fact_id}:correct' as const;
type LabIn = Schemas['LaboratoryResultIn'];

const listPath = (kind: FactKind) => LIST.replace('labs', kind.path) as typeof LIST;

export const factsOf = async (kind: FactKind, patient_id: string, history: boolean): Promise<readonly Fact[]> => {
  const query = history ? { history: true } : {};
  const answer = await dataOf(api.GET(listPath(kind), { params: { path: { patient_id }, query } }));
  return answer.items as unknown as readonly Fact[];
};

export const addFact = (kind: FactKind, patient_id: string, body: Record<string, unknown>): Promise<unknown> =>
  dataOf(api.POST(listPath(kind), { params: { path: { patient_id } }, body: body as unknown as LabIn }));

/** Correct a fact, or without one take it back. The version is what was seen: 412 when somebody was faster. */
export const correctFact = (
  kind: FactKind, patient_id: string, seen: Fact, reason: string, body: Record<string, unknown> | null,
): Promise<unknown> =>
  dataOf(
    api.POST(CORRECT.replace('labs', kind.path) as typeof CORRECT, {
      params: { path: { patient_id, fact_id: seen.id }, header: { 'if-match': `"${seen.version}"` } },
      body: { fact: body as unknown as LabIn | null, reason },
    }),
  ); // prettier-ignore
