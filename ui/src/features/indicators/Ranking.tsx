import type { ReactNode } from 'react';

import { type Column, DataTable } from '../../kit/DataTable';
import { Tag } from '../../kit/Tag';
import { usePageWords } from '../../locales/pages';
import { percentText } from '../rates/series';
import type { Goal, Part, Schemas } from './data';
import classes from './Indicators.module.css';
import { Interval } from './Interval';
import { Moved } from './Moved';
import { ORDERS, type Order, sorted, standingOf } from './ranking-order';
import { FewMark, goalText, intervalText } from './Words';
import { goTo } from '../../url';

interface RankingProps {
  readonly title: string;
  readonly breakdown: Schemas['Breakdown'];
  readonly order: Order;
  readonly higherIsBetter: boolean;
  readonly nameOf: (part: Part) => string;
  readonly actions?: (part: Part) => ReactNode;
  readonly onOpen?: ((part: Part) => void) | undefined;
  readonly empty: string;
  /** Of the place whose parts these are. */
  readonly goal?: Goal | null;
}

/** Parts of a place as a dot-plot that is a table: rank, share, interval against the median and the goal, movement, counts. */
export function Ranking({ title, breakdown, order, higherIsBetter, nameOf, actions, onOpen, empty, goal = null }: RankingProps) {
  const words = usePageWords();
  const { t } = words;
  const median = breakdown.median_percent === null ? null : Number(breakdown.median_percent);
  const rows = sorted(breakdown.items, order, nameOf);
  const columns: Column<Part>[] = [
    { head: t('ind.rank'), number: true, cell: (part) => part.rank ?? '—' },
    { head: t('ind.part'), cell: (part) => nameOf(part) },
    { head: '%', number: true, cell: (part) => percentText(part.percent === null ? null : Number(part.percent)) },
    { head: t('ind.dotPlot'), cell: (part) => <Interval part={part} median={median} goal={goal && Number(goal.percent)} /> },
    { head: t('ind.range'), number: true, cell: (part) => intervalText(part.interval) },
    {
      head: t('ind.quarter'),
      number: true,
      cell: (part) => <Moved points={part.change_points} higherIsBetter={higherIsBetter} />,
    },
    { head: t('ind.counted'), number: true, cell: (part) => `${part.numerator}/${part.denominator}` },
    {
      head: t('ind.mark'),
      cell: (part) => {
        const standing = standingOf(part, median, higherIsBetter);
        if (part.is_small) return <FewMark small />;
        return standing === 'same' ? '' : <Tag tone={standing === 'behind' ? 'warn' : 'good'}>{t(`ind.${standing}`)}</Tag>;
      },
    },
    ...(actions ? [{ head: t('ind.lists'), cell: actions }] : []),
  ];
  return (
    <>
      {median !== null && <p className={`${classes.note} muted`}>{t('ind.medianIs', { n: median.toFixed(1) })}</p>}
      {goal !== null && <p className={`${classes.note} muted`}>{t('ind.goalIs', { goal: goalText(goal, words) })}</p>}
      <DataTable
        caption={title}
        rows={rows}
        rowKey={(part) => part.organisation_id ?? part.team_id ?? part.doctor ?? '-'}
        onOpen={onOpen}
        empty={empty}
        columns={columns}
      />
    </>
  );
}

/** By what the parts are sorted; it stands in the address. */
export function OrderFilter({ order }: { readonly order: Order }) {
  const { t } = usePageWords();
  return (
    <label>
      <span className="muted">{t('patients.order')} </span>
      <select className={classes.select} value={order} onChange={(event) => goTo({ order: event.currentTarget.value })}>
        {ORDERS.map((one) => (
          <option key={one} value={one}>
            {t(`ind.by.${one}`)}
          </option>
        ))}
      </select>
    </label>
  );
}
