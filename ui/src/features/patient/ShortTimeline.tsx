import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';

import { api, dataOf } from '../../api/client';
import { clinicToday, shortDay } from '../../dates';
import { Asked } from '../../kit/Asked';
import { Card } from '../../kit/Page';
import { usePageWords } from '../../locales/pages';
import { goTo } from '../../url';
import classes from './Patient.module.css';
import { useEntryWords } from './entries';

const SHOWN = 6;

export function ShortTimeline({ id }: { readonly id: string }) {
  const { t } = usePageWords();
  const { kindOf, textOf } = useEntryWords();
  const today = clinicToday();
  const query = useQuery({
    queryKey: ['patient', id, 'timeline', SHOWN],
    queryFn: () =>
      dataOf(
        api.GET('/v1/patients/{patient_id}/timeline', { params: { path: { patient_id: id }, query: { limit: SHOWN } } }),
      ),
  });
  return (
    <Card
      title={t('part.timeline')}
      aside={
        <Button size="compact-sm" variant="default" onClick={() => goTo({ show: 'timeline' })}>
          {t('p360.wholeTimeline')}
        </Button>
      }
    >
      <Asked query={query} lines={3}>
        {({ items }) => (
          <ul className={classes.list}>
            {items.length === 0 && <li className="muted">{t('fact.none')}</li>}
            {items.map((entry) => (
              <li key={`${entry.kind}${entry.id}`}>
                <span className={classes.when}>{shortDay(entry.on, today)}</span>
                {kindOf(entry)} <span className="muted">{textOf(entry)}</span>
              </li>
            ))}
          </ul>
        )}
      </Asked>
    </Card>
  );
}
