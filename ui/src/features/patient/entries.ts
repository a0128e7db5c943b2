import {
  AllergyCategory, Analytes, CareItem, Classification, Condition, Disease, FactKind, FamilyDisease, Frequency, Relation,
  Severity,
} from '../../locales/codes'; // prettier-ignore
import { resultText } from '../../kit/values';
import { usePageWords } from '../../locales/pages';
import type { Schemas } from './data';

type Entry = Schemas['TimelineEntry'];

const WHAT = [Disease, Analytes, Condition, Relation, AllergyCategory, CareItem] as const;
const VALUE = [Frequency, Severity] as const;

/** The words of an entry of the timeline: its kind, and what it is in short. */
export function useEntryWords() {
  const { t, name, has } = usePageWords();
  const first = (sets: readonly (typeof Disease)[], value: string | null): string => {
    const set = sets.find((codes) => codes.some((code) => code[0] === value));
    return set ? name(set, value) : (value ?? '');
  };
  const kindOf = (entry: Entry): string => {
    const key = `entry.${entry.kind}`;
    return has(key) ? t(key) : name(FactKind, entry.kind);
  };
  const textOf = (entry: Entry): string => {
    const what = first(WHAT, entry.what);
    if (entry.kind === 'visit') return `${what} ${name(Classification, entry.value)}`;
    if (entry.kind === 'family_history') return `${what} ${name(FamilyDisease, entry.value)}`;
    return `${what} ${resultText(first(VALUE, entry.value))}`;
  };
  return { kindOf, textOf };
}
