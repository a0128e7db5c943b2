import { useWords } from '../../locales/language';
import { Change } from './Change';
import classes from './Figure.module.css';
import { changeOf, percentOf, percentText, type Series } from './series';

/** Below this many people a rate says little; the screen says so. */
const FEW = 10;

interface FigureProps {
  readonly series: Series;
  readonly month: string;
}

/** The rate of one disease in the chosen month: percent, change, numerator and denominator. */
export function Figure({ series, month }: FigureProps) {
  const { t } = useWords();
  const value = series.byMonth.get(month);
  const mark = series.disease === 'T2DM' ? `${classes.mark} ${classes.T2DM}` : classes.mark;
  return (
    <div>
      <div className={`${classes.disease} muted`}>
        <span className={mark} aria-hidden="true" />
        {t(`disease.${series.disease}`)}
      </div>
      <div>
        <span className={classes.big}>{percentText(percentOf(value))}</span>
        <Change points={changeOf(series, month)} higherIsBetter={series.definition.direction === 'higher'} />
      </div>
      <div className={`${classes.count} muted`}>
        {value === undefined && t('rates.noValue')}
        {value?.denominator === 0 && t('rates.noData')}
        {value !== undefined && value.denominator > 0 && (
          <>
            {t('rates.of', { n: value.numerator, d: value.denominator })}
            {value.denominator < FEW && (
              <span className={classes.small} title={t('rates.smallHint')}>
                {t('rates.small')}
              </span>
            )}
          </>
        )}
      </div>
    </div>
  );
}
