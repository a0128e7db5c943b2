import type { IndicatorValue } from '../../api/types';
import { useWords } from '../../locales/language';
import classes from './Figure.module.css';

/** Below this many people a rate says little; the screen says so. */
const FEW = 10;

/** Numerator and denominator; or why there is no rate. */
export function Counted({ value }: { readonly value: IndicatorValue | undefined }) {
  const { t } = useWords();
  if (value === undefined) return <span>{t('rates.noValue')}</span>;
  if (value.denominator === 0) return <span>{t('rates.noData')}</span>;
  return (
    <span>
      {t('rates.of', { n: value.numerator, d: value.denominator })}
      {value.denominator < FEW && (
        <span className={classes.small} title={t('rates.smallHint')}>
          {t('rates.small')}
        </span>
      )}
    </span>
  );
}
