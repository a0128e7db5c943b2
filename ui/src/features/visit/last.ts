import type { Draft } from '../../kit/drafts';
import { draftOf, type Field } from '../../kit/fields';
import type { Schemas } from '../patient/data';
import { FIELDS } from './fields';

type Opening = Schemas['NewVisitOut'];

/** A dose or a time is carried with its medicine, whose name bears the mark. */
const isMarked = (name: string): boolean => !/\.(dose|times_per_day|usage)$/.test(name);

/** What F2 carries over: habits, goals, medicines, and the doctor in charge. Never what is measured or felt. */
export function carriedFrom(opening: Opening, doctor: string | null): Draft {
  return { ...draftOf(FIELDS, opening.carried), ...(doctor ? { doctor } : {}) };
}

/** The day of the visit from which a carried field comes. */
export const carriedOn = (opening: Opening, name: string): string | undefined =>
  isMarked(name) ? opening.carried_from[name.split('.')[0] ?? name] : undefined;

/** The last value of each measurement with its day, to stand beside its field. */
export function lastMeasured(opening: Opening, fields: readonly Field[]): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const { measured } of [...opening.previous].reverse()) {
    for (const { name, kind } of fields) {
      const value = measured[name];
      if (kind === 'number' && value !== null && value !== undefined) found[name] = String(value);
    }
  }
  return found;
}
