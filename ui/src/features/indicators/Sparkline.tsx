import { percentOf } from '../rates/series';
import type { Value } from './data';
import classes from './Indicators.module.css';

const WIDTH = 112;
const HEIGHT = 24;

/** Twelve months at a glance; the numbers stand on the page behind the row. Counting starts again in January. */
export function Sparkline({ months, values }: { readonly months: readonly string[]; readonly values: readonly (Value | undefined)[] }) {
  const step = (WIDTH - 6) / Math.max(1, months.length - 1);
  const lines: string[][] = [];
  let open: string[] | null = null;
  let last: readonly [number, number] | null = null;
  months.forEach((month, index) => {
    const percent = percentOf(values[index]);
    if (percent === null) {
      open = null;
      return;
    }
    if (open === null || month.endsWith('-01')) {
      open = [];
      lines.push(open);
    }
    last = [3 + index * step, 3 + ((100 - percent) / 100) * (HEIGHT - 6)];
    open.push(last.join(','));
  });
  const end = last as readonly [number, number] | null;
  return (
    <svg className={classes.spark} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true">
      {lines.map((points) => (
        <polyline key={points[0]} points={points.join(' ')} />
      ))}
      {end && <circle cx={end[0]} cy={end[1]} r={2.5} />}
    </svg>
  );
}
