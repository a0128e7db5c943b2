import type { EChartsCoreOption } from 'echarts/core';

import { axisLine, chartText, frame, splitLine, token } from '../../kit/chart-style';
import type { PageWords } from '../../locales/pages';
import { percentOf, percentText } from '../rates/series';
import type { Goal, Span, Value } from './data';

export interface Line {
  readonly months: readonly string[];
  readonly values: readonly (Value | undefined)[];
  readonly goal: Goal | null;
  readonly span: Span;
}

/** Months as a line, for the year to date one for each year: counting starts again. The last value is written beside it. */
export function trendOption({ months, values, goal, span }: Line, words: PageWords, color: string): EChartsCoreOption {
  const percents = values.map(percentOf);
  const last = percents.reduce<number>((found, percent, index) => (percent === null ? found : index), -1);
  const years = span === 'year' ? [...new Set(months.map((month) => month.slice(0, 4)))] : [''];
  const series = years.map((year, index) => ({
    type: 'line',
    symbol: 'circle',
    symbolSize: 5,
    color,
    data: percents.map((percent, at) => ({
      value: months[at]?.startsWith(year) ? percent : null,
      ...(at === last
        ? { label: { show: true, position: at > months.length - 3 ? 'left' : 'right', offset: [0, -13], formatter: percentText(percent), ...chartText(), fontWeight: 700 } }
        : {}),
    })),
    ...(index === 0 && goal ? { markLine: goalLine(goal, words) } : {}),
  }));
  return {
    ...frame(),
    grid: { left: 36, right: 12, top: 14, bottom: 22 },
    tooltip: { trigger: 'axis', renderMode: 'richText', confine: true, valueFormatter: (value: number | null) => percentText(value) },
    xAxis: { type: 'category', data: months.map((month) => month.slice(2)), boundaryGap: false, ...axisLine() },
    yAxis: { type: 'value', min: 0, max: 100, interval: 25, axisLabel: chartText(), splitLine: splitLine() },
    series,
  };
}

const goalLine = (goal: Goal, { t }: PageWords) => ({
  silent: true,
  symbol: 'none',
  lineStyle: { type: 'dashed', color: token('--cmc-fg-2') },
  label: { position: 'insideStartTop', formatter: t('ind.goalMark', { n: goal.percent }), ...chartText() },
  data: [{ yAxis: Number(goal.percent) }],
});

/** The gist of the line in a sentence. */
export function trendSentence(title: string, { months, values, goal }: Line, { t }: PageWords): string {
  const known = months.filter((_, index) => percentOf(values[index]) !== null);
  const [from, to] = [known[0], known[known.length - 1]];
  if (from === undefined || to === undefined) return t('ind.trendNone', { title });
  const at = (month: string) => percentText(percentOf(values[months.indexOf(month)]));
  const line = t('ind.trendLabel', { title, from, a: at(from), to, b: at(to) });
  return goal ? `${line} ${t('ind.goalMark', { n: goal.percent })}` : line;
}
