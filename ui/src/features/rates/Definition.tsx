import { useWords } from '../../locales/language';
import classes from './Definition.module.css';
import type { Rate } from './series';

interface DefinitionProps {
  readonly rate: Rate;
  readonly month: string;
}

/** What is counted among whom, in words, with its source and version. */
export function Definition({ rate, month }: DefinitionProps) {
  const { t, say } = useWords();
  return (
    <>
      {rate.series.map(({ disease, definition, byMonth }) => {
        const value = byMonth.get(month);
        return (
          <div key={disease}>
            <strong>{say(definition.title)}</strong>
            <dl className={classes.words}>
              <dt>{t('rates.numerator')}</dt>
              <dd>{say(definition.numerator)}</dd>
              <dt>{t('rates.denominator')}</dt>
              <dd>{say(definition.denominator)}</dd>
              <dt>{t('rates.source')}</dt>
              <dd>
                {definition.source} · {definition.code} ·{' '}
                {t('rates.version', { v: value?.definition_version ?? definition.version })}
                {value && ` · ${t('rates.asOf', { date: value.as_of.slice(0, 10) })}`}
              </dd>
            </dl>
          </div>
        );
      })}
      <p className={`${classes.note} muted`}>{t('rates.ytd')}</p>
    </>
  );
}
