import { usePageWords } from '../../locales/pages';
import figure from '../rates/Figure.module.css';

interface MovedProps {
  /** Percentage points, as the server says it; null when there is nothing to compare with. */
  readonly points: string | null;
  readonly higherIsBetter: boolean;
}

/** How far a share moved in three months: the arrow tells the way, the colour whether that is good. */
export function Moved({ points, higherIsBetter }: MovedProps) {
  const { t } = usePageWords();
  if (points === null) return '—';
  const moved = Number(points);
  const n = Math.abs(moved).toFixed(1);
  const words = t(moved > 0 ? 'ind.up' : moved < 0 ? 'ind.down' : 'ind.same', { n });
  const tone = moved === 0 ? 'muted' : moved > 0 === higherIsBetter ? figure.good : figure.bad;
  return (
    <span className={tone} title={words}>
      <span aria-hidden="true">{moved === 0 ? '＝' : `${moved > 0 ? '▲' : '▼'} ${n}`}</span>
      <span className="sr-only">{words}</span>
    </span>
  );
}
