import { memo } from 'react';
import { navigate } from 'wouter/use-browser-location';

import { Link } from '../../kit/Link';
import type { WorkItem } from '../../api/types';
import { StatusTag } from '../../components/StatusTag';
import { shortDay } from '../../dates';
import { useWords } from '../../locales/language';
import { DueCell } from './DueCell';
import { LastValue } from './LastValue';
import classes from './WorkTable.module.css';

/** A shape for each band, beside its words. */
const RISK_SHAPES = { 1: '○', 2: '◔', 3: '▲', 4: '▲▲' } as const;

interface WorkRowProps {
  readonly item: WorkItem;
  readonly today: string;
  /** The row that Tab reaches; J/K and the arrows go on from there. */
  readonly first: boolean;
  readonly chosen: boolean;
  readonly onToggle: ((id: string) => void) | undefined;
  /** Who is signed in, to tell one's own tasks. */
  readonly me: string | undefined;
}

export const WorkRow = memo(function WorkRow({ item, today, first, chosen, onToggle, me }: WorkRowProps) {
  const { t, say, has } = useWords();
  const { patient, last_blood_pressure: bp, last_glucose: glucose } = item;
  const period = glucose?.period ? `period.${glucose.period}` : '';
  const reason = say(item.reason);
  return (
    <tr
      className={classes.row}
      data-row={item.id}
      tabIndex={first ? 0 : -1}
      onKeyDown={(event) => {
        if (event.key === 'Enter' && event.target === event.currentTarget) navigate(`/patients/${patient.id}`);
      }}
    >
      <td>
        {onToggle && (
          <input
            type="checkbox"
            aria-label={t('row.choose', { name: patient.name })}
            checked={chosen}
            onChange={() => onToggle(item.id)}
          />
        )}
      </td>
      <td>
        <span className={classes.first}>
          <Link className={classes.who ?? ''} href={`/patients/${patient.id}`}>
            {patient.name}
          </Link>
          {item.risk !== null && (
            <span className={item.risk >= 3 ? classes.risky : 'muted'} title={t('row.risk')}>
              {RISK_SHAPES[item.risk]} {t(`risk.${item.risk}`)}
            </span>
          )}
        </span>
        <span className={`${classes.second} muted`}>
          {patient.phone ?? t('row.noPhone')}
          {patient.citizen_id !== null && <span className={classes.paper}> {patient.citizen_id}</span>}
          {item.assignee_id !== null && ` · ${t(item.assignee_id === me ? 'row.mine' : 'row.others')}`}
        </span>
      </td>
      <td>
        {t(`sex.${patient.sex}`)} {t('row.age', { n: patient.age })}
      </td>
      <td>{t(item.disease ? `disease.${item.disease}` : 'disease.both')}</td>
      <td>
        <StatusTag group={item.group} />
      </td>
      <td title={`${reason} ${item.rule_ids.join(' ')}`}>
        <span className={classes.reason}>{reason}</span>
      </td>
      <td className={classes.number}>
        <LastValue
          value={bp && `${bp.sbp_mmhg}/${bp.dbp_mmhg}`}
          note={bp && shortDay(bp.on, today)}
          title={bp && t('row.measuredOn', { date: bp.on })}
        />
      </td>
      <td className={classes.number}>
        <LastValue
          value={glucose && glucose.mmol_l}
          note={glucose && (has(period) ? t(period) : shortDay(glucose.on, today))}
          title={glucose && t('row.measuredOn', { date: glucose.on })}
        />
      </td>
      <td className={classes.number}>
        <DueCell item={item} today={today} />
      </td>
    </tr>
  );
});
