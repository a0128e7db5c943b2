import type { Draft } from '../../kit/drafts';
import { type Field, shownFields } from '../../kit/fields';
import type { PageWords } from '../../locales/pages';
import type { Schemas } from '../patient/data';
import { draftOfVisit } from '../visit/body';
import { FIELDS, type Part, PARTS } from '../visit/fields';

export type Encounter = Schemas['EncounterOut'];

/** One visit as a column: its records in their latest version, and what stands in the fields of the form. */
export interface VisitColumn {
  readonly encounter: Encounter;
  readonly on: string;
  readonly draft: Draft;
  readonly isWithdrawn: boolean;
}

export function columnOf(encounter: Encounter): VisitColumn {
  return {
    encounter,
    on: encounter.followups[0]?.visited_on ?? '',
    draft: draftOfVisit(encounter),
    isWithdrawn: encounter.followups.every((one) => one.ended_as === 'withdrawn'),
  };
}

/** Records to visits, the newest first: a visit of both diseases is two records, and only the latest version is shown. */
export function columnsOf(records: readonly Schemas['FollowupOut'][]): readonly VisitColumn[] {
  const found = new Map<string, Schemas['FollowupOut'][]>();
  for (const one of records) found.set(one.encounter_id, [...(found.get(one.encounter_id) ?? []), one]);
  return [...found].map(([encounter_id, all]) => {
    const version = Math.max(...all.map((one) => one.version));
    const followups = all.filter((one) => one.version === version).sort((a, b) => (a.disease < b.disease ? -1 : 1));
    return columnOf({ encounter_id, followups, patient_id: followups[0]?.patient_id ?? '', version });
  });
}

/** What a field says, in words. */
export function said(field: Field, draft: Draft, words: PageWords): string {
  const typed = draft[field.name] ?? '';
  if (typed === '' || shownFields([field], draft).length === 0) return '';
  if (field.kind === 'flag') return `✓ ${words.t(field.label)}`;
  if (field.codes) return typed.split(',').map((one) => words.name(field.codes ?? [], one)).join(words.t('visits.and'));
  return field.unit ? `${typed} ${field.unit}` : typed;
}

const MEDICINE = /^medications\.(\d+)\.name$/;

/** A medicine with its dose and times in one cell, as on the paper. */
function saidMedicine(row: string, draft: Draft, words: PageWords): string {
  const [name = '', dose = '', times = ''] = ['name', 'dose', 'times_per_day'].map((one) => draft[`medications.${row}.${one}`] ?? '');
  return [name, dose, times && words.t('visits.times', { n: times })].filter(Boolean).join(' ');
}

export interface CompareRow {
  readonly field: Field;
  readonly label: string;
  readonly cells: readonly string[];
}

export interface CompareBlock {
  readonly part: Part;
  readonly rows: readonly CompareRow[];
}

const isOwnRow = ({ name }: Field): boolean => !/^(diseases|visited_on)$/.test(name) && !/^medications\.\d+\.(dose|times_per_day)$/.test(name);

/** The rows of the form in the order of the paper; a row that no visit fills is left out. */
export function compared(columns: readonly VisitColumn[], words: PageWords): readonly CompareBlock[] {
  return PARTS.map((part) => ({
    part,
    rows: part.fields
      .filter(isOwnRow)
      .map((field) => {
        const row = MEDICINE.exec(field.name)?.[1];
        const label = row === undefined ? words.t(field.label) : `${words.t(field.label)} ${Number(row) + 1}`;
        return {
          field,
          label,
          cells: columns.map(({ draft }) => (row === undefined ? said(field, draft, words) : saidMedicine(row, draft, words))),
        };
      })
      .filter(({ cells }) => cells.some((cell) => cell !== '')),
  })).filter(({ rows }) => rows.length > 0);
}

export interface Change {
  readonly label: string;
  readonly before: string;
  readonly after: string;
}

/** What a correction changed, field by field. */
export function changed(before: Encounter, after: Encounter, words: PageWords): readonly Change[] {
  const [was, is] = [draftOfVisit(before), draftOfVisit(after)];
  return FIELDS.map((field) => ({
    label: words.t(field.label),
    before: said(field, was, words),
    after: said(field, is, words),
  })).filter((one) => one.before !== one.after);
}
