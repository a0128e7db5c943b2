import type { EChartsCoreOption } from 'echarts/core';

/** A colour or font of tokens.css. */
export const token = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

export const chartText = () => ({ color: token('--cmc-fg-2'), fontFamily: token('--cmc-font'), fontSize: 12 });

/** Longest time that a line may bridge without a value. */
export const GAP_DAYS = 60;

const DAY_MS = 86_400_000;

export type Point = readonly [time: number, value: number | null];

/** The points of a line in the order of time, broken where more than 60 days lie between two. */
export function broken(points: readonly Point[]): readonly Point[] {
  const sorted = [...points].sort((a, b) => a[0] - b[0]);
  return sorted.flatMap((point, index) => {
    const next = sorted[index + 1];
    const isGap = next !== undefined && next[0] - point[0] > GAP_DAYS * DAY_MS;
    return isGap ? [point, [point[0] + 1, null] as Point] : [point];
  });
}

/** What every chart shares: no animation, room for the axes, a tooltip drawn without HTML. */
export const frame = (): EChartsCoreOption => ({
  animation: false,
  textStyle: chartText(),
  grid: { left: 44, right: 16, top: 18, bottom: 28 },
  tooltip: { trigger: 'item', renderMode: 'richText', confine: true },
});

export const axisLine = () => ({ axisLabel: chartText(), axisLine: { lineStyle: { color: token('--cmc-line') } } });
export const splitLine = () => ({ lineStyle: { color: token('--cmc-line-2') } });
