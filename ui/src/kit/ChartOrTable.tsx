import { lazy, type ReactNode, Suspense } from 'react';

import { ErrorBoundary } from '../components/ErrorBoundary';
import { LoadingLines } from '../components/LoadingLines';
import { Switch } from './Page';
import { usePageWords } from '../locales/pages';
import type { EChartsCoreOption } from 'echarts/core';

export const loadChart = () => import('./Chart');
const Chart = lazy(loadChart);
const Bars = lazy(() => import('./Bars'));

export type View = 'chart' | 'table';

interface ChartOrTableProps {
  readonly view: View;
  readonly option: EChartsCoreOption;
  readonly label: string;
  readonly height?: number;
  /** It has bars, whose code comes only where some are drawn. */
  readonly bars?: boolean;
  readonly onPick?: (datum: unknown) => void;
  readonly table: ReactNode;
}

/** A chart and its twin. When the chart cannot be drawn, the table is shown. */
export function ChartOrTable({ view, option, label, height = 240, bars = false, onPick, table }: ChartOrTableProps) {
  if (view === 'table') return <>{table}</>;
  const Drawn = bars ? Bars : Chart;
  return (
    <ErrorBoundary fallback={table}>
      <Suspense fallback={<LoadingLines count={1} height={height - 30} />}>
        <Drawn option={option} label={label} height={height} onPick={onPick} />
      </Suspense>
    </ErrorBoundary>
  );
}

interface ViewSwitchProps {
  readonly title: string;
  readonly view: View;
  /** The chart shows how something moves; else it is called a chart. */
  readonly trend?: boolean;
  readonly onChange: (view: View) => void;
}

export function ViewSwitch({ title, view, trend = true, onChange }: ViewSwitchProps) {
  const { t } = usePageWords();
  return (
    <Switch
      label={t('rates.view', { title })}
      options={[
        ['chart', t(trend ? 'rates.chart' : 'kit.chart')],
        ['table', t('rates.tableView')],
      ]}
      value={view}
      onChange={onChange}
    />
  );
}
