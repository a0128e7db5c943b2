import { useMemo } from 'react';

import { axisLine, chartText, frame, splitLine, token } from '../../kit/chart-style';
import { ChartOrTable, ViewSwitch } from '../../kit/ChartOrTable';
import { DataTable } from '../../kit/DataTable';
import { Card } from '../../kit/Page';
import { useView } from '../../kit/useView';
import { usePageWords } from '../../locales/pages';
import { inMonths, type Value } from './data';
import classes from './Indicators.module.css';

/** What becomes of everybody under care, each on exactly one side: the four add up to the denominator. */
const OUTCOMES = [
  ['SIMPLE-CONTROLLED', 'controlled', '#fff'],
  ['SIMPLE-UNCONTROLLED', 'uncontrolled', '#16202a'],
  ['SIMPLE-NOBP', 'unmeasured', '#16202a'],
  ['SIMPLE-MISSED', 'missed', '#16202a'],
] as const;

const shareOf = (value: Value | undefined): number | null =>
  value && value.denominator > 0 ? (100 * value.numerator) / value.denominator : null;

interface OutcomesCardProps {
  readonly months: readonly string[];
  readonly values: readonly Value[];
}

/** Outcomes by month as stacks of 100 percent. */
export function OutcomesCard({ months, values }: OutcomesCardProps) {
  const { t } = usePageWords();
  const { view, onChange } = useView();
  const parts = useMemo(
    () => OUTCOMES.map(([code, name, ink]) => ({ name, ink, values: inMonths(values.filter((one) => one.code === code), months) })),
    [values, months],
  );
  const option = useMemo(
    () => ({
      ...frame(),
      grid: { left: 40, right: 8, top: 8, bottom: 22 },
      tooltip: { trigger: 'axis', renderMode: 'richText', confine: true, valueFormatter: (value: number | null) => (value === null ? '—' : `${value.toFixed(1)}%`) },
      xAxis: { type: 'category', data: months.map((month) => month.slice(2)), ...axisLine() },
      yAxis: { type: 'value', min: 0, max: 100, axisLabel: { ...chartText(), formatter: '{value}%' }, splitLine: splitLine() },
      series: parts.map(({ name, ink, values: each }) => ({
        type: 'bar',
        stack: 'all',
        name: t(`ind.outcome.${name}`),
        barCategoryGap: '30%',
        itemStyle: { color: token(`--cmc-outcome-${name}`), borderColor: '#fff', borderWidth: 1 },
        data: each.map((value, index) => ({
          value: shareOf(value),
          label: { show: index === months.length - 1 && (shareOf(value) ?? 0) >= 6, color: ink, fontSize: 11, formatter: Math.round(shareOf(value) ?? 0).toString() },
        })),
      })),
    }),
    [parts, months, t],
  );
  const newest = parts.map(({ name, values: each }) => `${t(`ind.outcome.${name}`)} ${each[months.length - 1]?.numerator ?? '—'}`);
  return (
    <Card title={t('ind.outcomes')} aside={<ViewSwitch title={t('ind.outcomes')} view={view} onChange={onChange} />}>
      <ul className={classes.legend}>
        {OUTCOMES.map(([, name]) => (
          <li key={name}>
            <i style={{ background: `var(--cmc-outcome-${name})` }} aria-hidden="true" />
            {t(`ind.outcome.${name}`)}
          </li>
        ))}
      </ul>
      <ChartOrTable
        bars
        view={view}
        height={220}
        option={option}
        label={t('ind.outcomesLabel', { month: months[months.length - 1] ?? '', parts: newest.join(' · ') })}
        table={
          <DataTable
            caption={t('ind.outcomes')}
            rows={months.map((month, index) => ({ month, index })).reverse()}
            rowKey={(row) => row.month}
            empty={t('rates.noValue')}
            columns={[
              { head: t('rates.month'), cell: (row) => row.month },
              ...parts.map(({ name, values: each }) => ({
                head: t(`ind.outcome.${name}`),
                number: true,
                cell: (row: { readonly index: number }) => {
                  const value = each[row.index];
                  const share = shareOf(value);
                  return value && share !== null ? `${value.numerator} (${share.toFixed(1)}%)` : '—';
                },
              })),
              { head: t('ind.everybody'), number: true, cell: (row) => parts[0]?.values[row.index]?.denominator ?? '—' },
            ]}
          />
        }
      />
      <p className="muted">{t('ind.outcomesHint')}</p>
    </Card>
  );
}
