import { lazy, type ReactNode, Suspense } from 'react';

import { ErrorBoundary } from '../../components/ErrorBoundary';
import { LoadingLines } from '../../components/LoadingLines';
import { Switch } from '../../kit/Page';
import { usePageWords } from '../../locales/pages';
import type { EChartsCoreOption } from 'echarts/core';

export const loadChart = () => import('../../kit/Chart');
const Chart = lazy(loadChart);

export type View = 'chart' | 'table';

interface ChartOrTableProps {
  readonly view: View;
  readonly option: EChartsCoreOption;
  readonly label: string;
  readonly height?: number;
  readonly table: ReactNode;
}

/** A chart and its twin. When the chart cannot be drawn, the table is shown. */
export function ChartOrTable({ view, option, label, height = 240, table }: ChartOrTableProps) {
  if (view === 'table') return <>{table}</>;
  return (
    <ErrorBoundary fallback={table}>
      <Suspense fallback={<LoadingLines count={1} height={height - 30} />}>
        <Chart option={option} label={label} height={height} />
      </Suspense>
    </ErrorBoundary>
  );
}

interface ViewSwitchProps {
  readonly title: string;
  readonly view: View;
  readonly onChange: (view: View) => void;
}

export function ViewSwitch({ title, view, onChange }: ViewSwitchProps) {
  const { t } = usePageWords();
  return (
    <Switch
      label={t('rates.view', { title })}
      options={[
        ['chart', t('rates.chart')],
        ['table', t('rates.tableView')],
      ]}
      value={view}
      onChange={onChange}
    />
  );
}
