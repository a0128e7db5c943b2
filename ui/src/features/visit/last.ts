import type { Draft } from '../../kit/drafts';
import type { Schemas } from '../patient/data';

type Visit = Schemas['FollowupOut'];

type Form = { readonly [key: string]: unknown };

const text = (value: unknown): string =>
  value === null || value === undefined ? '' : /^\d+\.\d+$/.test(String(value)) ? String(Number(value)) : String(value);

function under(prefix: string, values: unknown): Draft {
  const entries = Object.entries((values ?? {}) as Form).map(([name, value]) => [`${prefix}.${name}`, text(value)]);
  return Object.fromEntries(entries) as Draft;
}

/** What F2 carries over from the last visits: habits, goals, medicines, doctor. Never what is measured or felt. */
export function carriedFrom(visits: readonly Visit[]): Draft {
  const [last] = visits;
  if (!last) return {};
  const same = visits.filter((visit) => visit.encounter_id === last.encounter_id);
  return same.reduce<Draft>((draft, visit) => {
    const form = visit.form as Form;
    const medicines = Array.isArray(form['medications']) ? (form['medications'] as Form[]) : [];
    return {
      ...draft,
      ...under('lifestyle', form['lifestyle']),
      ...under('lifestyle_targets', form['lifestyle_targets']),
      ...medicines.reduce<Draft>((rows, one, row) => ({ ...rows, ...under(`medications.${row}`, one) }), {}),
      ...(visit.doctor ? { doctor: visit.doctor } : {}),
      ...(form['weight_target_kg'] ? { weight_target_kg: text(form['weight_target_kg']) } : {}),
      ...(form['no_medication'] === true ? { no_medication: 'yes' } : {}),
    };
  }, {});
}

const MEASURED = [
  'sbp_mmhg', 'dbp_mmhg', 'heart_rate_bpm', 'weight_kg', 'fasting_glucose_mmol_l', 'other_glucose_mmol_l',
] as const; // prettier-ignore

/** The last value of each measurement, to stand beside its field. */
export function lastMeasured(visits: readonly Visit[]): Draft {
  const found: Record<string, string> = {};
  for (const name of MEASURED) {
    const visit = visits.find((one) => one[name] !== null);
    if (visit) found[name] = text(visit[name]);
  }
  return found;
}

/** The visits with a pressure, each once: one of both diseases is two records of the same encounter. */
export function lastEncounters(visits: readonly Visit[]): readonly Visit[] {
  const seen = new Set<string>();
  return visits.filter((one) => {
    if (one.sbp_mmhg === null || seen.has(one.encounter_id)) return false;
    seen.add(one.encounter_id);
    return true;
  });
}
