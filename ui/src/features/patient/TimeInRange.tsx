import { Pairs } from '../../kit/Page';
import { Tag } from '../../kit/Tag';
import { CgmGoal } from '../../locales/codes';
import { glucoseText } from '../../kit/values';
import { usePageWords } from '../../locales/pages';
import type { Schemas } from './data';
import { sharesOf } from './glucose';
import classes from './Patient.module.css';

interface TimeInRangeProps {
  readonly cgm: Schemas['CgmSummaryOut'];
  readonly shares: Schemas['CgmSharesOut'];
}

/** How the time of a day lies in the ranges, with the goals that are met; the bar's numbers stand beside it. */
export function TimeInRange({ cgm, shares }: TimeInRangeProps) {
  const { t, name } = usePageWords();
  const parts = sharesOf(shares);
  const { very_low, low, high, very_high } = cgm.ranges;
  const ends = { veryLow: very_low.toFixed(1), low: low.toFixed(1), high: high.toFixed(1), veryHigh: very_high.toFixed(1) };
  return (
    <div>
      <div className={classes.bar} aria-hidden="true">
        {parts.map(({ key, percent, color }) => (
          <span key={key} style={{ width: `${percent}%`, background: color }} />
        ))}
      </div>
      <Pairs
        rows={[
          ...parts.map(({ key, percent }) => [t(`tir.${key}`, ends), `${percent.toFixed(1)}%`] as const),
          [t('glu.mean'), `${glucoseText(shares.mean_mmol_l)} mmol/L`],
          ['GMI', `${shares.gmi_percent}%`],
          ['CV', shares.cv_percent === null ? '–' : `${shares.cv_percent}%`],
          [t('tir.active'), typeof cgm.active_percent === 'number' ? `${cgm.active_percent.toFixed(1)}%` : '–'],
        ]}
      />
      <p>
        {Object.entries(cgm.goals_met ?? {}).map(([goal, met]) => (
          <span key={goal}>
            <Tag tone={met ? 'good' : 'warn'}>{name(CgmGoal, goal)}</Tag>{' '}
          </span>
        ))}
      </p>
    </div>
  );
}
