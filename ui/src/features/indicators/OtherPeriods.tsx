import { useQueries } from '@tanstack/react-query';

import { api, dataOf } from '../../api/client';
import { clinicToday, monthOf, plusDays, shiftMonth } from '../../dates';
import { ErrorState } from '../../components/ErrorState';
import { LoadingLines } from '../../components/LoadingLines';
import { DataTable } from '../../kit/DataTable';
import { Card } from '../../kit/Page';
import { usePageWords } from '../../locales/pages';
import { percentText } from '../rates/series';
import type { Definition } from './data';
import classes from './Indicators.module.css';
import { FewMark, intervalText } from './Words';

type Named = readonly [name: 'month' | 'quarter' | 'lastQuarter' | 'year', from: string, to: string];

/** This month and quarter up to today, the quarter before, and the last year. */
function periodsAt(today: string): readonly Named[] {
  const month = monthOf(today);
  const quarter = shiftMonth(month, -((Number(month.slice(5)) - 1) % 3));
  const before = shiftMonth(quarter, -3);
  return [
    ['month', `${month}-01`, today],
    ['quarter', `${quarter}-01`, today],
    ['lastQuarter', `${before}-01`, plusDays(`${quarter}-01`, -1)],
    ['year', plusDays(today, -364), today],
  ];
}

/** The same number over other times, counted from the records as they are now; only of one clinic. */
export function OtherPeriods({ definition, scope }: { readonly definition: Definition; readonly scope: string }) {
  const { t } = usePageWords();
  const { code, disease } = definition;
  const periods = periodsAt(clinicToday());
  const asked = useQueries({
    queries: periods.map(([, from, to]) => ({
      queryKey: ['period', code, disease, scope, from, to],
      queryFn: () => dataOf(api.GET('/v1/indicator-values/{code}/period', { params: { path: { code }, query: { scope, from, to, disease } } })),
    })),
  });
  const failed = asked.find((one) => one.isError);
  if (failed) return <ErrorState error={failed.error} onRetry={() => asked.forEach((one) => void one.refetch())} />;
  if (asked.some((one) => one.isPending)) return <LoadingLines count={4} />;
  return (
    <Card title={t('ind.periods')} flush>
      <p className={`${classes.note} muted`}>{t('ind.periodsHint')}</p>
      <DataTable
        caption={t('ind.periods')}
        rows={periods.map((period, index) => ({ period, value: asked[index]?.data }))}
        rowKey={({ period }) => period[0]}
        empty={t('rates.noValue')}
        columns={[
          { head: t('rep.days'), cell: ({ period: [name, from, to] }) => `${t(`ind.period.${name}`)} ${from} – ${to}` },
          { head: '%', number: true, cell: ({ value }) => percentText(value?.percent == null ? null : Number(value.percent)) },
          { head: t('ind.range'), number: true, cell: ({ value }) => intervalText(value?.interval ?? null) },
          { head: t('ind.counted'), number: true, cell: ({ value }) => (value ? `${value.numerator}/${value.denominator}` : '—') },
          { head: t('ind.mark'), cell: ({ value }) => <FewMark small={Boolean(value?.is_small && value.denominator > 0)} /> },
        ]}
      />
    </Card>
  );
}
