import type { components } from '../../api/schema';
import type { Draft } from '../../kit/drafts';
import type { Field } from '../../kit/fields';
import type { PageKey } from '../../locales/pages';
import { type Codes, GlucosePeriod, ReadingKind, Setting } from '../../locales/codes';

type Schemas = components['schemas'];

const pressure = (draft: Draft) => draft['kind'] === 'blood_pressure';
const glucose = (draft: Draft) => draft['kind'] === 'glucose';
const ROUNDS = [0, 1, 2] as const;

/** Three digits are mg/dL on every meter; the unit is asked for, never guessed. */
export const mgOrMmol = (typed: string): PageKey | null => (/^\d{3}/.test(typed) ? 'rd.mgdl' : null);

/** The next round of a sitting is asked for once the one before has a number. */
const round = (index: number) => (draft: Draft) => pressure(draft) && (index === 0 || Boolean(draft[`bp.${index - 1}.systolic`]));

export const READING: readonly Field[] = [
  { name: 'kind', label: 'p360.kind', kind: 'code', codes: ReadingKind as Codes, required: true },
  ...ROUNDS.flatMap((index): readonly Field[] => [
    { name: `bp.${index}.systolic`, label: 'bp.systolic', kind: 'number', unit: 'mmHg', required: index === 0, when: round(index) },
    { name: `bp.${index}.diastolic`, label: 'bp.diastolic', kind: 'number', unit: 'mmHg', required: index === 0, when: round(index) },
    { name: `bp.${index}.pulse`, label: 'rd.pulse', kind: 'number', when: round(index) },
  ]),
  { name: 'value', label: 'rd.glucose', kind: 'number', unit: 'mmol/L', required: true, when: glucose, doubt: mgOrMmol },
  { name: 'period', label: 'glu.period', kind: 'pick', codes: GlucosePeriod, when: glucose },
  { name: 'setting', label: 'rd.setting', kind: 'code', codes: Setting, required: true },
  { name: 'at', label: 'rd.takenAt', kind: 'moment', required: true },
]; // prettier-ignore

interface Round {
  readonly systolic?: number;
  readonly diastolic?: number;
  readonly pulse?: number;
}

/** Sitting rounds a minute apart, the last at the time that was given: the same second twice would be one reading. */
const MINUTE_MS = 60_000;

/** The readings of a form as `POST /v1/readings` takes them. */
export function itemsOf(body: Record<string, unknown>, patient_id: string): readonly Record<string, unknown>[] {
  const { kind, setting, at, value, period, bp } = body;
  const shared = { kind, setting, patient_id };
  if (kind === 'glucose') return [{ ...shared, value, unit: 'mmol/L', taken_at: at, ...(period ? { period } : {}) }];
  const rounds = Object.values((bp ?? {}) as Record<string, Round>).filter((one) => one.systolic !== undefined);
  return rounds.map((one, index) => ({
    ...shared,
    ...one,
    unit: 'mmHg',
    taken_at: new Date(Date.parse(String(at)) - (rounds.length - 1 - index) * MINUTE_MS).toISOString(),
  }));
}

/** The mean of the rounds that are there; null for fewer than two. */
export function meanOf(draft: Draft): string | null {
  const pairs = ROUNDS.map((index) => [Number(draft[`bp.${index}.systolic`]), Number(draft[`bp.${index}.diastolic`])]).filter(
    ([systolic, diastolic]) => systolic && diastolic,
  );
  if (pairs.length < 2) return null;
  const mean = (place: 0 | 1) => Math.round(pairs.reduce((sum, pair) => sum + (pair[place] ?? 0), 0) / pairs.length);
  return `${mean(0)}/${mean(1)}`;
}

/** The values that stand in the form and can be read, for the server to judge. */
export function valuesOf(draft: Draft): readonly Record<string, number>[] {
  const read = (typed: string | undefined) => (/^\d{1,3}(\.\d+)?$/.test(typed ?? '') ? Number(typed) : undefined);
  const known = (one: Record<string, number | undefined>) =>
    Object.fromEntries(Object.entries(one).filter(([, value]) => value !== undefined)) as Record<string, number>;
  const whole = (typed: string | undefined) => (/^\d+$/.test(typed ?? '') ? read(typed) : undefined);
  const values = glucose(draft)
    ? [known({ glucose_mmol_l: read(draft['value']) })]
    : ROUNDS.map((index) =>
        known({ systolic: whole(draft[`bp.${index}.systolic`]), diastolic: whole(draft[`bp.${index}.diastolic`]) }),
      );
  return values.filter((one) => Object.keys(one).length > 0);
}

/** Two rounds of a sitting that are alike, numbered from one; null when none are. */
export function roundsAlike(draft: Draft): readonly [number, number] | null {
  if (!pressure(draft)) return null;
  const said = ROUNDS.map((index) => `${draft[`bp.${index}.systolic`] ?? ''}/${draft[`bp.${index}.diastolic`] ?? ''}`);
  const whole = (one: string | undefined) => /^\d+\/\d+$/.test(one ?? '');
  const later = said.findIndex((one, index) => whole(one) && said.indexOf(one) < index);
  return later < 0 ? null : [said.indexOf(said[later] ?? '') + 1, later + 1];
}

/** A reading on file with the same values as one that is typed, taken within a minute of it. */
export function sameAs(draft: Draft, near: readonly Schemas['ReadingOut'][]): Schemas['ReadingOut'] | null {
  const at = Date.parse(`${draft['at'] ?? ''}:00+08:00`);
  if (Number.isNaN(at)) return null;
  const values = valuesOf(draft);
  const isSame = (one: Schemas['ReadingOut'], value: Record<string, number>) =>
    glucose(draft)
      ? one.flag === null && one.glucose_mmol_l === value['glucose_mmol_l']
      : one.systolic_mmhg === value['systolic'] && one.diastolic_mmhg === value['diastolic'];
  return (
    near.find((one) =>
      values.some((value, index) => {
        const taken = at - (values.length - 1 - index) * MINUTE_MS;
        return Math.abs(Date.parse(one.taken_at) - taken) <= MINUTE_MS && isSame(one, value);
      }),
    ) ?? null
  );
}
