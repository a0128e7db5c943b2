import type { EChartsCoreOption } from 'echarts/core';

import type { Disease } from '../../api/types';
import { percentOf, type Rate, type Series } from './series';

const SYMBOL: Readonly<Record<Disease, string>> = { HTN: 'circle', T2DM: 'rect' };

/** A colour or font of tokens.css. */
export const token = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** One line for each year: counting starts again in January, so no line crosses it. */
function linesOf({ disease, byMonth }: Series, months: readonly string[]) {
  const color = token(disease === 'HTN' ? '--cmc-series-htn' : '--cmc-series-t2dm');
  const years = [...new Set(months.map((month) => month.slice(0, 4)))];
  return years.map((year) => ({
    type: 'line',
    data: months.map((month) => (month.startsWith(year) ? percentOf(byMonth.get(month)) : null)),
    symbol: SYMBOL[disease],
    symbolSize: 4,
    showAllSymbol: true,
    connectNulls: false,
    color,
    lineStyle: { width: 2, type: disease === 'HTN' ? 'solid' : 'dashed' },
    animation: false,
  }));
}

/** The small trend: percent from 0 to 100 by month. */
export function trendOption(rate: Rate, months: readonly string[]): EChartsCoreOption {
  const text = { color: token('--cmc-fg-2'), fontFamily: token('--cmc-font'), fontSize: 11 };
  return {
    animation: false,
    grid: { left: 30, right: 10, top: 8, bottom: 22 },
    xAxis: {
      type: 'category',
      data: months.map((month) => month.slice(2)),
      axisLabel: { ...text, interval: 2 },
      axisTick: { show: false },
      axisLine: { lineStyle: { color: token('--cmc-line') } },
    },
    yAxis: {
      type: 'value',
      min: 0,
      max: 100,
      interval: 50,
      axisLabel: text,
      splitLine: { lineStyle: { color: token('--cmc-line-2') } },
    },
    series: rate.series.flatMap((series) => linesOf(series, months)),
  };
}
