import { useWords } from '../../locales/language';
import { Change } from './Change';
import { Counted } from './Counted';
import classes from './Figure.module.css';
import { changeOf, percentOf, percentText, type Series } from './series';

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
        <Counted value={value} />
      </div>
      <div>
        <span className={classes.big}>{percentText(percentOf(value))}</span>
        <Change points={changeOf(series, month)} higherIsBetter={series.definition.direction === 'higher'} />
      </div>
    </div>
  );
}
