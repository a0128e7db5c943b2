import type { Draft } from '../../kit/drafts';
import type { Field } from '../../kit/fields';
import {
  Adherence, DangerSymptom, DiabetesSymptom, Disease, FootPulse, FootSide, GlucoseFlag, GlucosePeriod,
  HypertensionSymptom, Hypoglycaemia, IrregularReason, Medicines, Rating, ReferralReason, SaltIntake, VisitMode,
} from '../../locales/codes'; // prettier-ignore
import type { PageKey } from '../../locales/pages';

const of = (disease: string) => (draft: Draft) => (draft['diseases'] ?? '').split(',').includes(disease);
const htn = of('HTN');
const dm = of('T2DM');
const typed = (name: string) => (draft: Draft) => Boolean(draft[name]);

/** A part of the form; `more`: seldom needed, closed until it is opened. */
export interface Part {
  readonly title: PageKey;
  readonly fields: readonly Field[];
  readonly more?: boolean;
}

const MEDICINE_ROWS = 20; // as many as the API takes
const medicineNames = Medicines.map((code) => code[1]);

/** One row more than is filled in, so that Enter at the end of a row finds the next. */
const rowNeeded = (row: number) => (draft: Draft) =>
  draft['no_medication'] !== 'yes' && (row === 0 || Boolean(draft[`medications.${row - 1}.name`]));

const medicineFields: readonly Field[] = Array.from({ length: MEDICINE_ROWS }, (_, row): readonly Field[] => [
  { name: `medications.${row}.name`, label: 'fact.medicine', kind: 'text', maxLength: 64, suggest: medicineNames, when: rowNeeded(row),
    offers: (one) => ({
      [`medications.${row}.name`]: one.name,
      [`medications.${row}.dose`]: one.visit_dose ?? '',
      [`medications.${row}.times_per_day`]: one.times_per_day === null ? '' : String(one.times_per_day),
    }),
  },
  { name: `medications.${row}.dose`, label: 'fact.dose', kind: 'text', maxLength: 64, when: rowNeeded(row) },
  { name: `medications.${row}.times_per_day`, label: 'visit.times', kind: 'number', when: rowNeeded(row) },
]).flat(); // prettier-ignore

const insulinFields: readonly Field[] = [
  { name: 'insulin.kind', label: 'visit.insulin', kind: 'text', maxLength: 64, when: dm },
  { name: 'insulin.usage', label: 'visit.insulinUsage', kind: 'text', maxLength: 200, when: (draft) => dm(draft) && Boolean(draft['insulin.kind']) },
]; // prettier-ignore

/** The two national forms in one, in the order of the paper. What the API takes more is one line more here. */
export const PARTS: readonly Part[] = [
  {
    title: 'visit.visit',
    fields: [
      { name: 'diseases', label: 'patients.disease', kind: 'codes', codes: Disease, required: true },
      { name: 'visited_on', label: 'visit.on', kind: 'date', required: true },
      { name: 'visited_time', label: 'visit.time', kind: 'text', maxLength: 8 },
      { name: 'mode', label: 'visit.mode', kind: 'code', codes: VisitMode, whole: true, required: true },
      { name: 'doctor', label: 'reg.doctor', kind: 'text', maxLength: 64 },
    ],
  },
  {
    title: 'visit.measured',
    fields: [
      { name: 'sbp_mmhg', label: 'bp.systolic', kind: 'number' },
      { name: 'dbp_mmhg', label: 'bp.diastolic', kind: 'number' },
      { name: 'heart_rate_bpm', label: 'visit.heartRate', kind: 'number' },
      { name: 'weight_kg', label: 'visit.weight', kind: 'number', unit: 'kg' },
      { name: 'fasting_glucose_mmol_l', label: 'visit.fasting', kind: 'number', when: dm },
      { name: 'height_cm', label: 'visit.height', kind: 'number', unit: 'cm' },
      { name: 'weight_target_kg', label: 'visit.weightTarget', kind: 'number', unit: 'kg' },
      { name: 'other_glucose_mmol_l', label: 'visit.other', kind: 'number', when: dm },
      { name: 'other_glucose_period', label: 'glu.period', kind: 'pick', codes: GlucosePeriod, when: typed('other_glucose_mmol_l') },
    ],
  },
  {
    title: 'visit.symptoms',
    fields: [
      { name: 'hypertension_symptoms', label: 'visit.htnSymptoms', kind: 'codes', codes: HypertensionSymptom, whole: true, alone: '1', when: htn },
      { name: 'diabetes_symptoms', label: 'visit.dmSymptoms', kind: 'codes', codes: DiabetesSymptom, whole: true, alone: '1', when: dm },
      { name: 'foot_pulse', label: 'visit.footPulse', kind: 'code', codes: FootPulse, whole: true, when: dm },
      { name: 'foot_pulse_side', label: 'visit.footSide', kind: 'code', codes: FootSide, when: (draft) => dm(draft) && Number(draft['foot_pulse']) > 1 },
      { name: 'hypoglycaemia', label: 'visit.hypoglycaemia', kind: 'code', codes: Hypoglycaemia, whole: true, when: dm },
      { name: 'adherence', label: 'visit.adherence', kind: 'code', codes: Adherence, whole: true },
      { name: 'irregular_reason', label: 'visit.irregular', kind: 'pick', codes: IrregularReason, whole: true, when: (draft) => Number(draft['adherence']) > 1 },
      { name: 'adverse_reaction', label: 'visit.adverse', kind: 'flag' },
      { name: 'adverse_reaction_text', label: 'visit.adverseText', kind: 'text', maxLength: 200, when: typed('adverse_reaction') },
    ],
  },
  {
    title: 'visit.lifestyle',
    fields: [
      { name: 'lifestyle.cigarettes_per_day', label: 'visit.smokes', kind: 'number' },
      { name: 'lifestyle_targets.cigarettes_per_day', label: 'visit.smokesTarget', kind: 'number' },
      { name: 'lifestyle.alcohol_liang_per_day', label: 'visit.drinks', kind: 'number' },
      { name: 'lifestyle_targets.alcohol_liang_per_day', label: 'visit.drinksTarget', kind: 'number' },
      { name: 'lifestyle.exercise_times_per_week', label: 'visit.sport', kind: 'number' },
      { name: 'lifestyle.exercise_minutes', label: 'visit.minutes', kind: 'number' },
      { name: 'lifestyle_targets.exercise_times_per_week', label: 'visit.sportTarget', kind: 'number' },
      { name: 'lifestyle_targets.exercise_minutes', label: 'visit.minutesTarget', kind: 'number' },
      { name: 'lifestyle.staple_food_g_per_day', label: 'visit.staple', kind: 'number', when: dm },
      { name: 'lifestyle_targets.staple_food_g_per_day', label: 'visit.stapleTarget', kind: 'number', when: dm },
      { name: 'lifestyle.salt', label: 'visit.salt', kind: 'code', codes: SaltIntake, whole: true, when: htn },
      { name: 'lifestyle_targets.salt', label: 'visit.saltTarget', kind: 'code', codes: SaltIntake, whole: true, when: htn },
      { name: 'lifestyle.mental_adjustment', label: 'visit.mental', kind: 'code', codes: Rating, whole: true },
      { name: 'lifestyle.follows_advice', label: 'visit.advice', kind: 'code', codes: Rating, whole: true },
    ],
  },
  {
    title: 'part.medicines',
    fields: [{ name: 'no_medication', label: 'visit.noMedication', kind: 'flag' }, ...medicineFields, ...insulinFields],
  },
  {
    title: 'visit.more',
    more: true,
    fields: [
      { name: 'danger_signs', label: 'visit.danger', kind: 'codes', codes: DangerSymptom },
      { name: 'sudden_abnormality', label: 'visit.sudden', kind: 'flag' },
      { name: 'new_complication', label: 'visit.newComplication', kind: 'flag' },
      { name: 'worse_complication', label: 'visit.worse', kind: 'flag' },
      { name: 'complication_text', label: 'visit.complicationText', kind: 'text', maxLength: 200 },
      { name: 'new_foot_ulcer', label: 'visit.ulcer', kind: 'flag', when: dm },
      { name: 'new_proteinuria', label: 'visit.proteinuria', kind: 'flag' },
      { name: 'new_visual_loss', label: 'visit.vision', kind: 'flag' },
      { name: 'unmanageable_illness', label: 'visit.illness', kind: 'flag' },
      { name: 'pregnant_or_lactating', label: 'visit.pregnant', kind: 'flag' },
      { name: 'temperature_c', label: 'visit.temperature', kind: 'number', unit: '°C' },
      { name: 'waist_cm', label: 'visit.waist', kind: 'number', unit: 'cm' },
      { name: 'fasting_glucose_flag', label: 'visit.fastingFlag', kind: 'pick', codes: GlucoseFlag, when: dm },
      { name: 'other_glucose_flag', label: 'visit.otherFlag', kind: 'pick', codes: GlucoseFlag, when: dm },
      { name: 'hba1c_percent', label: 'visit.hba1c', kind: 'number', unit: '%', when: dm },
      { name: 'hba1c_on', label: 'visit.hba1cOn', kind: 'date', when: typed('hba1c_percent') },
      { name: 'lifestyle_targets.mental_adjustment', label: 'visit.mentalTarget', kind: 'pick', codes: Rating, whole: true },
      { name: 'lifestyle_targets.follows_advice', label: 'visit.adviceTarget', kind: 'pick', codes: Rating, whole: true },
      { name: 'auxiliary_tests', label: 'visit.tests', kind: 'area', maxLength: 2000 },
      { name: 'other_symptoms', label: 'visit.otherSymptoms', kind: 'text', maxLength: 200 },
      { name: 'note', label: 'fact.note', kind: 'area', maxLength: 2000, hint: 'fact.noteHint' },
      { name: 'next_visit_on', label: 'visit.nextOn', kind: 'date', hint: 'visit.nextHint' },
    ],
  },
  {
    title: 'visit.referral',
    more: true,
    fields: [
      { name: 'referral.code', label: 'visit.referralCode', kind: 'pick', codes: ReferralReason },
      { name: 'referral.institution', label: 'visit.institution', kind: 'text', maxLength: 64 },
      { name: 'referral.department', label: 'visit.department', kind: 'text', maxLength: 64 },
      { name: 'referral.reason', label: 'visit.referralWhy', kind: 'text', maxLength: 200 },
    ],
  },
]; // prettier-ignore

export const FIELDS: readonly Field[] = PARTS.flatMap((part) => part.fields);

/** Why a stored visit is corrected; asked for beside the form. */
export const REASON: Field = { name: 'reason', label: 'form.reason', kind: 'text', required: true, maxLength: 200 };

/** Where the work of a return visit begins. */
export const FIRST_FIELD = 'sbp_mmhg';
