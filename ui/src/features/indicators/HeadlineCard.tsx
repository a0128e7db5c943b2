import { useMemo } from 'react';
import { Link } from 'wouter';

import { token } from '../../kit/chart-style';
import { ChartOrTable, type View, ViewSwitch } from '../../kit/ChartOrTable';
import { DataTable } from '../../kit/DataTable';
import { Card } from '../../kit/Page';
import { useView } from '../../kit/useView';
import { usePageWords } from '../../locales/pages';
import { Change } from '../rates/Change';
import { percentOf, percentText } from '../rates/series';
import { type Asking, type Bucket, countOf, type Definition, listAddress, useGoalOf, type Value } from './data';
import classes from './Indicators.module.css';
import { changeIn } from './change';
import { type Line, trendOption, trendSentence } from './trend';
import { DefinitionWords, FewMark, intervalText } from './Words';

interface HeadlineCardProps {
  readonly definition: Definition;
  readonly asking: Asking;
  readonly months: readonly string[];
  readonly values: readonly (Value | undefined)[];
  readonly isClinic: boolean;
}

/** One number in full: percent, change, interval, of whom, the lists behind it, twelve months, and its definition. */
export function HeadlineCard({ definition, asking, months, values, isClinic }: HeadlineCardProps) {
  const words = usePageWords();
  const { t, say } = words;
  const { view, onChange } = useView();
  const value = values[values.length - 1];
  const title = say(definition.title);
  const goal = useGoalOf(asking.scope, asking.month)(definition);
  return (
    <Card title={title} aside={<ViewSwitch title={title} view={view} onChange={onChange} />}>
      <div className={classes.figure}>
        <span className={classes.big}>{percentText(percentOf(value))}</span>
        <Change points={changeIn(months, values, asking.span)} higherIsBetter={definition.direction === 'higher'} />
        {value && value.denominator > 0 && (
          <span className="muted">{t('ind.interval', { range: intervalText(value.interval) })}</span>
        )}
        {value && <FewMark small={value.is_small && value.denominator > 0} />}
      </div>
      {value ? <Behind value={value} asking={asking} isClinic={isClinic} /> : <p className="muted">{t('rates.noValue')}</p>}
      <TrendOf title={title} line={{ months, values, goal, span: asking.span }} view={view} />
      <details>
        <summary>{t('ind.words')}</summary>
        <DefinitionWords definition={definition} value={value} goal={goal} />
      </details>
    </Card>
  );
}

const BUCKETS: readonly Bucket[] = ['numerator', 'not_met', 'excluded'];

/** Every count leads to its people. */
export function Behind({ value, asking, isClinic }: { readonly value: Value; readonly asking: Asking; readonly isClinic: boolean }) {
  const { t } = usePageWords();
  return (
    <p className={classes.behind}>
      {BUCKETS.map((bucket) => (
        <Link key={bucket} href={listAddress(asking, isClinic, bucket)}>
          {t(`ind.${bucket}`, { n: countOf(value, bucket) })}
        </Link>
      ))}
      <span className="muted">{t('ind.of', { n: value.numerator, d: value.denominator })}</span>
    </p>
  );
}

const CHART_HEIGHT = 132;

export function TrendOf({ title, line, view, height = CHART_HEIGHT }: { readonly title: string; readonly line: Line; readonly view: View; readonly height?: number }) {
  const words = usePageWords();
  const { months, values, goal, span } = line;
  const option = useMemo(
    () => trendOption({ months, values, goal, span }, words, token('--cmc-series-htn')),
    [months, values, goal, span, words],
  );
  return (
    <ChartOrTable
      view={view}
      height={height}
      option={option}
      label={trendSentence(title, line, words)}
      table={<MonthTable title={title} line={line} />}
    />
  );
}

/** The numbers of the line, newest first. */
export function MonthTable({ title, line: { months, values } }: { readonly title: string; readonly line: Line }) {
  const { t } = usePageWords();
  const rows = months.map((month, index) => ({ month, value: values[index] })).reverse();
  return (
    <DataTable
      caption={title}
      rows={rows}
      rowKey={(row) => row.month}
      empty={t('rates.noValue')}
      columns={[
        { head: t('rates.month'), cell: (row) => row.month },
        { head: '%', number: true, cell: (row) => percentText(percentOf(row.value)) },
        { head: t('ind.counted'), number: true, cell: (row) => (row.value ? `${row.value.numerator}/${row.value.denominator}` : '—') },
        { head: t('ind.range'), number: true, cell: (row) => intervalText(row.value?.interval ?? null) },
      ]}
    />
  );
}
