import { useWords } from '../../locales/language';
import classes from './Figure.module.css';

interface ChangeProps {
  readonly points: number | null;
  readonly higherIsBetter: boolean;
}

/** How many points the rate moved in a month: the arrow tells the way, the colour whether that is good. */
export function Change({ points, higherIsBetter }: ChangeProps) {
  const { t } = useWords();
  if (points === null) return null;
  const n = Math.abs(points).toFixed(1);
  const words = t(points > 0 ? 'rates.up' : points < 0 ? 'rates.down' : 'rates.same', { n });
  const tone = points === 0 ? 'muted' : points > 0 === higherIsBetter ? classes.good : classes.bad;
  return (
    <span className={`${classes.change} ${tone}`} title={words}>
      <span aria-hidden="true">{points === 0 ? '＝' : `${points > 0 ? '▲' : '▼'} ${n}`}</span>
      <span className="sr-only">{words}</span>
    </span>
  );
}
