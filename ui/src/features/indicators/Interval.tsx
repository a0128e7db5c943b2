import type { Part } from './data';
import classes from './Indicators.module.css';

interface IntervalProps {
  readonly part: Part;
  readonly median: number | null;
  readonly goal?: number | null;
}

const WIDTH = 200;
const HEIGHT = 24;
const MIDDLE = HEIGHT / 2;
const at = (percent: number): number => 4 + (percent / 100) * (WIDTH - 8);

/** One row of a dot-plot from 0 to 100 percent: the share, its interval, the median of the parts and the goal of the place. The numbers stand beside it. */
export function Interval({ part, median, goal = null }: IntervalProps) {
  const percent = part.percent === null ? null : Number(part.percent);
  return (
    <svg className={`${classes.dots} ${part.is_small ? classes.few : ''}`} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      <line className={classes.axis} x1={at(0)} x2={at(100)} y1={MIDDLE} y2={MIDDLE} />
      {median !== null && <line className={classes.median} x1={at(median)} x2={at(median)} y1={1} y2={HEIGHT - 1} />}
      {goal !== null && <line className={classes.goal} x1={at(goal)} x2={at(goal)} y1={1} y2={HEIGHT - 1} />}
      {part.interval && (
        <line className={classes.range} x1={at(Number(part.interval.low))} x2={at(Number(part.interval.high))} y1={MIDDLE} y2={MIDDLE} />
      )}
      {percent !== null && <rect className={classes.dot} x={at(percent) - 2.5} y={MIDDLE - 5} width={5} height={10} rx={2} />}
    </svg>
  );
}
