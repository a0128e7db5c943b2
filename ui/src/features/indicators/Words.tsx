import { Tag } from '../../kit/Tag';
import { Pairs } from '../../kit/Page';
import { type PageWords, usePageWords } from '../../locales/pages';
import type { Definition, Goal, Value } from './data';

interface DefinitionWordsProps {
  readonly definition: Definition;
  readonly value?: Value | undefined;
  /** What holds at the place that is shown; without one the published goal. */
  readonly goal?: Goal | null | undefined;
}

/** A goal in words: by when and by which document, or whose it is and since when. */
export function goalText(goal: Goal, { t, say }: PageWords): string {
  const source = say(goal.source);
  if (goal.valid_from) return t('ind.goalSet', { n: goal.percent, from: goal.valid_from, source });
  return t('ind.goalSays', { n: goal.percent, year: goal.year ?? '', source });
}

/** What is counted of whom, who is left out, by which document, until which day. */
export function DefinitionWords({ definition, value, goal = definition.goal }: DefinitionWordsProps) {
  const words = usePageWords();
  const { t, say } = words;
  const version = value?.definition_version ?? definition.version;
  return (
    <Pairs
      rows={[
        [t('rates.numerator'), say(definition.numerator)],
        [t('rates.denominator'), say(definition.denominator)],
        [t('ind.exclusions'), say(definition.exclusions)],
        [t('ind.spans'), say(definition.why_spans)],
        [t('rates.source'), `${definition.source} · ${definition.code} · ${t('rates.version', { v: version })}`],
        ...(goal ? [[t('ind.goal'), goalText(goal, words)] as const] : []),
        ...(value ? [[t('ind.dataUntil'), value.as_of] as const] : []),
      ]}
    />
  );
}

/** The mark of a number of few people; it is read with its interval. */
export function FewMark({ small }: { readonly small: boolean }) {
  const { t } = usePageWords();
  return small ? (
    <span title={t('rates.smallHint')}>
      <Tag tone="plain">{t('rates.small')}</Tag>
    </span>
  ) : null;
}

export function intervalText(interval: Value['interval']): string {
  return interval ? `${Number(interval.low).toFixed(1)}–${Number(interval.high).toFixed(1)}` : '—';
}
