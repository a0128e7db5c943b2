import { clinicToday } from '../../dates';
import kit from '../../kit/kit.module.css';
import { usePageWords } from '../../locales/pages';
import classes from './Plan.module.css';
import { type PlanDay, weeksOf } from './plans';

const WEEKDAYS = ['plan.mon', 'plan.tue', 'plan.wed', 'plan.thu', 'plan.fri', 'plan.sat', 'plan.sun'] as const;

interface CalendarProps {
  readonly month: string;
  readonly days: readonly PlanDay[];
  readonly chosen: string;
  readonly onChoose: (day: string) => void;
}

/** A month by weeks: how much is planned on each day, where it is more than the nurses can do, and where nobody works. */
export function Calendar({ month, days, chosen, onChoose }: CalendarProps) {
  const { t } = usePageWords();
  const today = clinicToday();
  const byDay = new Map(days.map((day) => [day.on, day]));
  return (
    <div className={kit.scroll}>
      <table className={`${kit.table} ${classes.calendar}`}>
        <caption className="sr-only">{t('plan.calendar', { month })}</caption>
        <thead>
          <tr>
            {WEEKDAYS.map((one) => (
              <th key={one} scope="col">
                {t(one)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {weeksOf(month).map((week) => (
            <tr key={week[0]}>
              {week.map((on) => {
                const day = byDay.get(on);
                const isOther = on.slice(0, 7) !== month;
                return (
                  <td key={on} className={day && !day.is_open ? classes.closed : undefined}>
                    <button
                      type="button"
                      className={`${classes.day} ${isOther ? classes.other : ''}`}
                      aria-pressed={on === chosen}
                      aria-current={on === today ? 'date' : undefined}
                      onClick={() => onChoose(on)}
                    >
                      <span>{on.slice(isOther ? 5 : 8)}</span>
                      {day && <DayMarks day={day} />}
                    </button>
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function DayMarks({ day }: { readonly day: PlanDay }) {
  const { t } = usePageWords();
  return (
    <>
      <strong className={classes.count}>{day.planned === 0 ? '' : t('plan.count', { n: day.planned })}</strong>
      <span className={classes.marks}>
        {!day.is_open && <span>✕ {t('plan.closed')}</span>}
        {day.nurses.some((one) => one.is_over) && <span className={classes.over}>▲ {t('plan.over')}</span>}
        {day.past_limit > 0 && <span className={classes.late}>◷ {t('plan.past', { n: day.past_limit })}</span>}
      </span>
    </>
  );
}
