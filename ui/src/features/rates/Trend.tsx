import { LineChart } from 'echarts/charts';
import { GridComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { useEffect, useRef } from 'react';

import { useWords, type Words } from '../../locales/language';
import { percentOf, percentText, type Rate, type Series } from './series';
import classes from './Trend.module.css';
import { trendOption } from './trend-option';

use([LineChart, GridComponent, SVGRenderer]);

interface TrendProps {
  readonly rate: Rate;
  readonly title: string;
  readonly months: readonly string[];
}

function sentence({ disease, byMonth }: Series, months: readonly string[], { t }: Words): string {
  const known = months.filter((month) => percentOf(byMonth.get(month)) !== null);
  const [from, to] = [known[0], known[known.length - 1]];
  const name = t(`disease.${disease}`);
  if (from === undefined || to === undefined) return t('rates.summaryEmpty', { disease: name });
  const at = (month: string) => percentText(percentOf(byMonth.get(month)));
  return t('rates.summarySeries', { disease: name, from, a: at(from), to, b: at(to) });
}

/** The library empties its elements through innerHTML, which Trusted Types forbid; this does the same without. */
function emptyWithoutHtml(host: HTMLElement): void {
  [host, ...host.querySelectorAll('svg')].forEach((element) =>
    Object.defineProperty(element, 'innerHTML', { set: () => element.replaceChildren(), configurable: true }),
  );
}

/** Twelve months as lines; the same numbers stand in TrendTable, the gist in the label. */
export default function Trend({ rate, title, months }: TrendProps) {
  const words = useWords();
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const host = element.current;
    if (!host) return;
    const chart = init(host, null, { renderer: 'svg' });
    chart.setOption(trendOption(rate, months));
    const observer = new ResizeObserver(() => chart.resize());
    observer.observe(host);
    return () => {
      observer.disconnect();
      emptyWithoutHtml(host);
      chart.dispose();
    };
  }, [rate, months]);
  const separator = words.language === 'en' ? '; ' : '；';
  const series = rate.series.map((one) => sentence(one, months, words)).join(separator);
  return (
    <div
      ref={element}
      className={classes.chart}
      role="img"
      aria-label={words.t('rates.summary', { title, series })}
    />
  );
}
