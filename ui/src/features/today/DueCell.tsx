import type { WorkItem } from '../../api/types';
import { daysUntil, shortDay } from '../../dates';
import { useWords } from '../../locales/language';
import classes from './WorkTable.module.css';

interface DueCellProps {
  readonly item: WorkItem;
  readonly today: string;
}

export function DueCell({ item: { due_on, days_overdue, snoozed_until }, today }: DueCellProps) {
  const { t } = useWords();
  const day = <span title={due_on}>{shortDay(due_on, today)}</span>;
  if (snoozed_until !== null && snoozed_until > today) {
    return (
      <>
        {day} <span className="muted">{t('row.snoozed', { date: shortDay(snoozed_until, today) })}</span>
      </>
    );
  }
  if (days_overdue > 0) {
    return (
      <>
        {day} <span className={classes.late}>{t('row.overdue', { n: days_overdue })}</span>
      </>
    );
  }
  const left = daysUntil(due_on, today);
  return (
    <>
      {day} <span className="muted">{left > 0 ? t('row.dueIn', { n: left }) : t('row.dueToday')}</span>
    </>
  );
}
