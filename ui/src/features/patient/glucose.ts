import type { EChartsCoreOption } from 'echarts/core';

import { axisLine, chartText, frame, splitLine, token } from '../../kit/chart-style';
import type { Schemas } from './data';

type Profile = Schemas['GlucoseProfileOut'];
type Spread = Schemas['SpreadOut'];

const at = (spread: Spread, percentile: string): number | null => spread.percentiles_mmol_l?.[percentile] ?? null;

export interface PeriodRow {
  readonly period: Schemas['GlucosePeriod'];
  readonly spread: Spread;
}

/** The periods that were measured, in the order of a day. */
export const periodsOf = (profile: Profile, order: readonly string[]): readonly PeriodRow[] =>
  order.flatMap((period) => {
    const spread = profile.periods[period];
    return spread ? [{ period: period as Schemas['GlucosePeriod'], spread }] : [];
  });

const values = () => ({ type: 'value', axisLabel: chartText(), splitLine: splitLine(), min: 0 });

/** Boxes from the 5th to the 95th percentile; with too few values only their middle and ends. */
export function periodsOption(rows: readonly PeriodRow[], names: readonly string[]): EChartsCoreOption {
  const blue = token('--cmc-primary');
  return {
    ...frame(),
    xAxis: { type: 'category', data: names, ...axisLine() },
    yAxis: values(),
    series: [
      {
        type: 'boxplot', itemStyle: { color: token('--cmc-primary-soft'), borderColor: blue },
        data: rows.map(({ spread }) =>
          spread.percentiles_mmol_l ? ['5', '25', '50', '75', '95'].map((one) => at(spread, one)) : [],
        ),
      },
      {
        type: 'scatter', symbolSize: 7, color: blue,
        data: rows.flatMap(({ spread }, index) =>
          spread.percentiles_mmol_l
            ? []
            : [...new Set([spread.least_mmol_l, spread.median_mmol_l, spread.greatest_mmol_l])].map((one) => [index, one]),
        ),
      },
    ],
  }; // prettier-ignore
}

/** The day's curve: 5–95 and 25–75 as bands, the median as a line, the server's range as a band, its ends dashed. */
export function agpOption({ slots, ranges }: Schemas['CgmSummaryOut']): EChartsCoreOption {
  const hour = (minute: number) => `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
  const difference = (upper: string, lower: string) =>
    slots.map(({ spread }) => {
      const [high, low] = [at(spread, upper), at(spread, lower)];
      return high === null || low === null ? null : Number((high - low).toFixed(3));
    });
  const area = (data: readonly (number | null)[], color: string, stack: string) => ({
    type: 'line', stack, data, symbol: 'none', lineStyle: { opacity: 0 }, areaStyle: { color }, silent: true,
  }); // prettier-ignore
  const base = (percentile: string, stack: string) => ({
    type: 'line', stack, data: slots.map(({ spread }) => at(spread, percentile)), symbol: 'none', silent: true,
    lineStyle: { opacity: 0 },
  }); // prettier-ignore
  return {
    ...frame(),
    xAxis: { type: 'category', boundaryGap: false, data: slots.map((slot) => hour(slot.from_minute)), ...axisLine() },
    yAxis: { ...values(), max: ({ max }: { max: number }) => Math.ceil(Math.max(max, ranges.very_high)) },
    series: [
      base('5', 'wide'), area(difference('95', '5'), '#dbe7f2', 'wide'),
      base('25', 'narrow'), area(difference('75', '25'), '#a9c6e3', 'narrow'),
      {
        type: 'line', data: slots.map(({ spread }) => at(spread, '50')), symbol: 'none',
        color: token('--cmc-bar'), lineStyle: { width: 2.5 },
        markArea: {
          silent: true, itemStyle: { color: token('--cmc-controlled-bg'), opacity: 0.5 },
          data: [[{ yAxis: ranges.low }, { yAxis: ranges.high }]],
        },
        markLine: {
          silent: true, symbol: 'none', lineStyle: { type: 'dashed', color: token('--cmc-control') },
          label: { position: 'insideEndTop', ...chartText() },
          data: [ranges.very_low, ranges.low, ranges.high, ranges.very_high].map((yAxis) => ({ yAxis })),
        },
      },
    ],
  }; // prettier-ignore
}

/** Shares of the time in range in the order of a thermometer, the highest first; in percent. */
export function sharesOf(shares: Schemas['CgmSharesOut']) {
  const { above_13_9_percent: veryHigh, above_percent: above, below_percent: below, below_3_0_percent: veryLow } = shares;
  return [
    { key: 'veryHigh', percent: veryHigh, color: '#b25e00' },
    { key: 'high', percent: above - veryHigh, color: '#f6c453' },
    { key: 'inRange', percent: shares.in_range_percent, color: '#3aa17e' },
    { key: 'low', percent: below - veryLow, color: '#d7263d' },
    { key: 'veryLow', percent: veryLow, color: '#6b0f1a' },
  ] as const;
}
