import { Button } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';

import { useKeys } from '../../app/keys';
import { clinicToday, monthOf, shiftMonth } from '../../dates';
import { Asked } from '../../kit/Asked';
import kit from '../../kit/kit.module.css';
import { Card, Page } from '../../kit/Page';
import { usePageWords } from '../../locales/pages';
import { goTo, useUrl } from '../../url';
import { useClinics } from '../today/clinics';
import { Calendar } from './Calendar';
import { DayCard } from './DayCard';
import classes from './Plan.module.css';
import { usePlanDays, weeksOf } from './plans';

/** The clinic's calendar: what is planned on each day against what can be done, and moving it. */
export default function PlanPage() {
  const { t } = usePageWords();
  const { chosen: clinic } = useClinics();
  const queries = useQueryClient();
  const today = clinicToday();
  const asked = useUrl('from');
  const month = /^\d{4}-(0[1-9]|1[0-2])$/.test(asked ?? '') ? (asked ?? '') : monthOf(today);
  const picked = useUrl('open');
  const on = /^\d{4}-\d\d-\d\d$/.test(picked ?? '') ? (picked ?? today) : today;
  const weeks = weeksOf(month);
  const from = weeks[0]?.[0] ?? today;
  const to = weeks[weeks.length - 1]?.[6] ?? today;
  const query = usePlanDays(clinic?.id, from, to);
  const show = (one: string) => goTo({ from: one === monthOf(today) ? null : one });
  useKeys({ p: () => print(), '[': () => show(shiftMonth(month, -1)), ']': () => show(shiftMonth(month, 1)) });
  const refresh = (): void => {
    for (const queryKey of [['plans'], ['worklist'], ['counts']]) void queries.invalidateQueries({ queryKey });
  };
  return (
    <Page
      title={t('nav.plan')}
      aside={
        <>
          <Button size="compact-sm" variant="default" aria-label={t('plan.before')} onClick={() => show(shiftMonth(month, -1))}>
            ←
          </Button>
          <strong>{month}</strong>
          <Button size="compact-sm" variant="default" aria-label={t('plan.after')} onClick={() => show(shiftMonth(month, 1))}>
            →
          </Button>
          <Button size="compact-sm" variant="default" onClick={() => goTo({ from: null, open: null, actor: null })}>
            {t('plan.today')}
          </Button>
          <Button size="compact-sm" variant="default" className={kit.noPrint} onClick={() => print()}>
            {t('kit.print')}
          </Button>
        </>
      }
    >
      <div className={classes.columns}>
        <Card title={t('plan.calendar', { month })} flush>
          <Asked query={query} lines={12}>
            {({ days, before }) => (
              <>
                <Calendar month={month} days={days} chosen={on} onChoose={(day) => goTo({ open: day, actor: null })} />
                <p className={kit.foot}>
                  {before > 0 && <span>◷ {t('plan.left', { day: from, n: before })}</span>}
                  {days.some((day) => !day.holidays_known) && <span>○ {t('plan.holidaysUnknown')}</span>}
                </p>
              </>
            )}
          </Asked>
        </Card>
        <DayCard
          key={on}
          clinic={clinic?.id}
          on={on}
          day={query.data?.days.find((one) => one.on === on)}
          next={query.data?.days.find((one) => one.on > on && one.planned > 0)?.on}
          onChanged={refresh}
        />
      </div>
    </Page>
  );
}
