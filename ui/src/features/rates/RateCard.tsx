import { SegmentedControl } from '@mantine/core';
import { lazy, Suspense, useState } from 'react';

import { ErrorBoundary } from '../../components/ErrorBoundary';
import { LoadingLines } from '../../components/LoadingLines';
import { useWords } from '../../locales/language';
import { Definition } from './Definition';
import { Figure } from './Figure';
import classes from './RateCard.module.css';
import type { Rate } from './series';
import { TrendTable } from './TrendTable';

const Trend = lazy(() => import('./Trend'));

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
        <SegmentedControl
          size="xs"
          classNames={{ root: classes.views ?? '', label: classes.viewLabel ?? '' }}
          aria-label={t('rates.view', { title })}
          data={VIEWS.map((value) => ({ value, label: t(`rates.${value}`) }))}
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
        {view === 'chart' && (
          <ErrorBoundary fallback={<TrendTable rate={rate} title={title} months={months} />}>
            <Suspense fallback={<LoadingLines count={1} height={70} />}>
              <Trend rate={rate} title={title} months={months} />
            </Suspense>
          </ErrorBoundary>
        )}
        {view === 'tableView' && <TrendTable rate={rate} title={title} months={months} />}
        {view === 'definition' && <Definition rate={rate} month={month} />}
      </div>
    </section>
  );
}
