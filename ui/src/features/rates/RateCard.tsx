import { useState } from 'react';

import { OneOf } from '../../components/OneOf';
import { useWords } from '../../locales/language';
import { Definition } from './Definition';
import { Figure } from './Figure';
import classes from './RateCard.module.css';
import type { Rate } from './series';
import { Trend } from './Trend';
import { TrendTable } from './TrendTable';

export interface RateProps {
  readonly rate: Rate;
  /** The chosen month, the last of `months`. */
  readonly month: string;
  readonly months: readonly string[];
}

const VIEWS = ['chart', 'tableView', 'definition'] as const;
type View = (typeof VIEWS)[number];

export function RateCard({ rate, month, months }: RateProps) {
  const { t, has } = useWords();
  const [view, setView] = useState<View>('chart');
  const short = `rate.${rate.code}`;
  const title = has(short) ? t(short) : rate.code;
  return (
    <section className={classes.card} aria-label={title}>
      <div className={classes.head}>
        <h3>{title}</h3>
        <OneOf
          label={t('rates.view', { title })}
          options={VIEWS.map((value) => [value, t(`rates.${value}`)])}
          value={view}
          onChange={setView}
        />
      </div>
      <div className={classes.figures}>
        {rate.series.map((series) => (
          <Figure key={series.disease} series={series} month={month} />
        ))}
      </div>
      <div className={classes.view} data-view={view}>
        {view === 'chart' && <Trend rate={rate} title={title} months={months} />}
        {view === 'tableView' && <TrendTable rate={rate} title={title} months={months} />}
        {view === 'definition' && <Definition rate={rate} month={month} />}
      </div>
    </section>
  );
}
