import { useWords, type Words } from '../../locales/language';
import { percentOf, percentText, type Rate, type Series } from './series';
import classes from './Trend.module.css';

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

// Room for the percents at the left and the months below; the rest is stretched to the card's width.
const BOX = { width: 300, height: 84, left: 28, right: 8, top: 8, bottom: 18 } as const;
const GRID = [0, 50, 100] as const;
const LABEL_EVERY = 3;

const yOf = (percent: number): number => BOX.top + ((100 - percent) / 100) * (BOX.height - BOX.top - BOX.bottom);

interface Dot {
  readonly month: string;
  readonly x: number;
  readonly y: number;
}

/** The stretches of a line: counting starts again in January, and a month without a value is not bridged. */
export function stretchesOf({ byMonth }: Series, months: readonly string[], xOf: (index: number) => number): Dot[][] {
  const stretches: Dot[][] = [];
  let open: Dot[] | null = null;
  months.forEach((month, index) => {
    const percent = percentOf(byMonth.get(month));
    if (percent === null) {
      open = null;
      return;
    }
    if (open === null || month.endsWith('-01')) {
      open = [];
      stretches.push(open);
    }
    open.push({ month, x: xOf(index), y: yOf(percent) });
  });
  return stretches;
}

/** Twelve months as lines, drawn without the chart library; the same numbers stand in TrendTable, the gist in the label. */
export function Trend({ rate, title, months }: TrendProps) {
  const words = useWords();
  const step = (BOX.width - BOX.left - BOX.right) / Math.max(1, months.length - 1);
  const xOf = (index: number): number => BOX.left + index * step;
  const separator = words.language === 'en' ? '; ' : '；';
  const series = rate.series.map((one) => sentence(one, months, words)).join(separator);
  return (
    <svg
      className={classes.chart}
      viewBox={`0 0 ${BOX.width} ${BOX.height}`}
      role="img"
      aria-label={words.t('rates.summary', { title, series })}
    >
      {GRID.map((percent) => (
        <g key={percent}>
          <line className={classes.grid} x1={BOX.left} x2={BOX.width - BOX.right} y1={yOf(percent)} y2={yOf(percent)} />
          <text className={classes.text} x={BOX.left - 5} y={yOf(percent) + 3.5} textAnchor="end">
            {percent}
          </text>
        </g>
      ))}
      {months.map(
        (month, index) =>
          index % LABEL_EVERY === 0 && (
            <text key={month} className={classes.text} x={xOf(index)} y={BOX.height - 4} textAnchor="middle">
              {month.slice(2)}
            </text>
          ),
      )}
      {rate.series.map((one) => (
        <g key={one.disease} className={classes[one.disease]}>
          {stretchesOf(one, months, xOf).map((dots) => (
            <g key={dots[0]?.month}>
              <polyline className={classes.line} points={dots.map(({ x, y }) => `${x},${y}`).join(' ')} />
              {dots.map(({ month, x, y }) =>
                one.disease === 'HTN' ? (
                  <circle key={month} cx={x} cy={y} r={2.2} />
                ) : (
                  <rect key={month} x={x - 2} y={y - 2} width={4} height={4} />
                ),
              )}
            </g>
          ))}
        </g>
      ))}
    </svg>
  );
}
