import { Tag } from '../../kit/Tag';
import { Pairs } from '../../kit/Page';
import { usePageWords } from '../../locales/pages';
import type { Definition, Value } from './data';

interface DefinitionWordsProps {
  readonly definition: Definition;
  readonly value?: Value | undefined;
}

/** What is counted of whom, who is left out, by which document, until which day. */
export function DefinitionWords({ definition, value }: DefinitionWordsProps) {
  const { t, say } = usePageWords();
  const version = value?.definition_version ?? definition.version;
  return (
    <Pairs
      rows={[
        [t('rates.numerator'), say(definition.numerator)],
        [t('rates.denominator'), say(definition.denominator)],
        [t('ind.exclusions'), say(definition.exclusions)],
        [t('ind.spans'), say(definition.why_spans)],
        [t('rates.source'), `${definition.source} · ${definition.code} · ${t('rates.version', { v: version })}`],
        ...(definition.goal
          ? [[t('ind.goal'), t('ind.goalSays', { n: definition.goal.percent, year: definition.goal.year, source: say(definition.goal.source) })] as const]
          : []),
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
