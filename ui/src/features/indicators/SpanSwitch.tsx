import { Switch } from '../../kit/Page';
import { usePageWords } from '../../locales/pages';
import { goTo } from '../../url';
import { type Span, SPANS } from './data';

/** Over how long a number counts up to the month's end; only what makes sense for it. */
export function SpanSwitch({ span, spans = SPANS }: { readonly span: Span; readonly spans?: readonly Span[] }) {
  const { t } = usePageWords();
  if (spans.length < 2) return null;
  return (
    <Switch
      label={t('ind.spans')}
      options={SPANS.filter((one) => spans.includes(one)).map((one) => [one, t(`ind.span.${one}`)] as const)}
      value={span}
      onChange={(next) => goTo({ span: next === 'year' ? null : next })}
    />
  );
}
