import { BoxplotChart, LineChart, ScatterChart } from 'echarts/charts';
import { GridComponent, MarkAreaComponent, MarkLineComponent, TooltipComponent } from 'echarts/components';
import { type ECharts, type EChartsCoreOption, init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { useEffect, useRef } from 'react';

import classes from './kit.module.css';

use([
  BoxplotChart, LineChart, ScatterChart, GridComponent, MarkAreaComponent, MarkLineComponent, TooltipComponent, SVGRenderer,
]); // prettier-ignore

interface ChartProps {
  readonly option: EChartsCoreOption;
  /** What it shows, in a sentence: for those who do not see it. */
  readonly label: string;
  readonly height: number;
  /** Told the datum of a point that is clicked; whoever has no mouse goes by the table. */
  readonly onPick?: ((datum: unknown) => void) | undefined;
}

/** The library empties its elements through innerHTML, which Trusted Types forbid; this does the same without. */
function emptyWithoutHtml(host: HTMLElement): void {
  [host, ...host.querySelectorAll('svg')].forEach((element) =>
    Object.defineProperty(element, 'innerHTML', { set: () => element.replaceChildren(), configurable: true }),
  );
}

function begun(host: HTMLElement, onPick: (datum: unknown) => void): ECharts {
  const chart = init(host, null, { renderer: 'svg' });
  chart.on('click', ({ data }) => onPick(data));
  return chart;
}

/** One chart as SVG, drawn in a task of its own behind the paint of its place. Its numbers stand in a table beside it. */
export default function Chart({ option, label, height, onPick }: ChartProps) {
  const element = useRef<HTMLDivElement>(null);
  const drawn = useRef<ECharts | null>(null);
  const pick = useRef(onPick);
  useEffect(() => {
    pick.current = onPick;
  });
  useEffect(() => {
    const host = element.current;
    if (!host) return;
    const timer = setTimeout(() => {
      drawn.current ??= begun(host, (datum) => pick.current?.(datum));
      drawn.current.setOption(option, { notMerge: true });
    });
    return () => clearTimeout(timer);
  }, [option]);
  useEffect(() => {
    const host = element.current;
    if (!host) return;
    const observer = new ResizeObserver(() => {
      const chart = drawn.current; // it is told of its first size too: nothing to be drawn again
      if (chart && (chart.getWidth() !== host.clientWidth || chart.getHeight() !== host.clientHeight)) chart.resize();
    });
    observer.observe(host);
    return () => {
      observer.disconnect();
      emptyWithoutHtml(host);
      drawn.current?.dispose();
      drawn.current = null;
    };
  }, []);
  return <div ref={element} className={classes.chart} style={{ height }} role="img" aria-label={label} />;
}
