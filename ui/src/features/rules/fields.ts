import type { Draft } from '../../kit/drafts';
import type { Field } from '../../kit/fields';
import {
  Action, Classification, type Codes, DangerSymptom, Disease, FootPulse, GlucoseFlag, GlucosePeriod, Hypoglycaemia,
} from '../../locales/codes'; // prettier-ignore
import type { Schemas } from './data';

const dm = (draft: Draft): boolean => draft['disease'] === 'T2DM';
const typed = (name: string) => (draft: Draft) => Boolean(draft[name]);

/** Versions of one kind to choose from, by their name. */
const versionsOf = (sets: readonly Schemas['RuleSetBrief'][], kind: Schemas['RuleSetKind']): Codes =>
  sets.filter((one) => one.kind === kind).map((one) => [one.version, one.version, one.version] as const);

/** A case as a visit would find it; nothing of it names anybody. */
export const caseFields = (sets: readonly Schemas['RuleSetBrief'][]): readonly Field[] => [
  { name: 'disease', label: 'patients.disease', kind: 'code', codes: Disease, required: true },
  { name: 'on', label: 'visit.on', kind: 'date', required: true },
  { name: 'age_years', label: 'rule.age', kind: 'number', required: true },
  { name: 'sbp_mmhg', label: 'bp.systolic', kind: 'number', unit: 'mmHg' },
  { name: 'dbp_mmhg', label: 'bp.diastolic', kind: 'number', unit: 'mmHg' },
  { name: 'heart_rate_bpm', label: 'visit.heartRate', kind: 'number' },
  { name: 'fasting_glucose_mmol_l', label: 'visit.fasting', kind: 'number', unit: 'mmol/L' },
  { name: 'fasting_glucose_flag', label: 'rule.fastingFlag', kind: 'pick', codes: GlucoseFlag, when: typed('fasting_glucose_mmol_l') },
  { name: 'other_glucose_mmol_l', label: 'visit.other', kind: 'number', unit: 'mmol/L' },
  { name: 'other_glucose_period', label: 'glu.period', kind: 'pick', codes: GlucosePeriod, when: typed('other_glucose_mmol_l') },
  { name: 'other_glucose_flag', label: 'rule.otherFlag', kind: 'pick', codes: GlucoseFlag, when: typed('other_glucose_mmol_l') },
  { name: 'hba1c_percent', label: 'rule.hba1c', kind: 'number', unit: '%' },
  { name: 'hba1c_on', label: 'rule.hba1cOn', kind: 'date', when: typed('hba1c_percent') },
  { name: 'temperature_c', label: 'visit.temperature', kind: 'number', unit: '°C' },
  { name: 'foot_pulse', label: 'visit.footPulse', kind: 'code', codes: FootPulse, whole: true, when: dm },
  { name: 'previous_foot_pulse', label: 'rule.footBefore', kind: 'code', codes: FootPulse, whole: true, when: dm },
  { name: 'hypoglycaemia', label: 'visit.hypoglycaemia', kind: 'code', codes: Hypoglycaemia, whole: true, when: dm },
  { name: 'managed', label: 'rule.managed', kind: 'codes', codes: Disease },
  { name: 'first_visit', label: 'rule.first', kind: 'flag' },
  { name: 'previous_classification', label: 'rule.before', kind: 'pick', codes: Classification, whole: true },
  { name: 'previous_action', label: 'rule.actionBefore', kind: 'pick', codes: Action },
  { name: 'above_target_since', label: 'rule.aboveSince', kind: 'date' },
  { name: 'no_medication', label: 'visit.noMedication', kind: 'flag' },
  { name: 'medicine_names', label: 'part.medicines', kind: 'text', hint: 'rule.medicinesHint', when: (draft) => draft['no_medication'] !== 'yes', wide: true },
  { name: 'danger_signs', label: 'visit.danger', kind: 'codes', codes: DangerSymptom },
  { name: 'adverse_reaction', label: 'visit.adverse', kind: 'flag' },
  { name: 'sudden_abnormality', label: 'visit.sudden', kind: 'flag' },
  { name: 'new_complication', label: 'visit.newComplication', kind: 'flag' },
  { name: 'worse_complication', label: 'visit.worse', kind: 'flag' },
  { name: 'new_foot_ulcer', label: 'visit.ulcer', kind: 'flag' },
  { name: 'new_proteinuria', label: 'visit.proteinuria', kind: 'flag' },
  { name: 'new_visual_loss', label: 'visit.vision', kind: 'flag' },
  { name: 'unmanageable_illness', label: 'visit.illness', kind: 'flag' },
  { name: 'pregnant_or_lactating', label: 'visit.pregnant', kind: 'flag' },
  { name: 'ruleset', label: 'rule.otherVersion', kind: 'pick', codes: versionsOf(sets, 'statutory'), hint: 'rule.byDate' },
  { name: 'guideline', label: 'rule.otherGuideline', kind: 'pick', codes: versionsOf(sets, 'guideline'), hint: 'rule.byDate' },
]; // prettier-ignore
