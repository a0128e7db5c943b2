import { useWords } from '../../locales/language';

interface LastValueProps {
  readonly value: string | null;
  readonly note: string | null;
  readonly title: string | null;
}

/** The last measured value with when or how it was taken; a missing one says so, it is not normal. */
export function LastValue({ value, note, title }: LastValueProps) {
  const { t } = useWords();
  if (value === null) return <span className="muted">○ {t('row.none')}</span>;
  return (
    <span title={title ?? undefined}>
      <strong>{value}</strong> <small className="muted">{note}</small>
    </span>
  );
}
