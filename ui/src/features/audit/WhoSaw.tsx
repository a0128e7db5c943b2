import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';

import { api, dataOf } from '../../api/client';
import { localMoment } from '../../dates';
import { Asked } from '../../kit/Asked';
import { DataTable } from '../../kit/DataTable';
import { Card } from '../../kit/Page';
import { Act } from '../../locales/codes';
import { usePageWords } from '../../locales/pages';
import { goTo } from '../../url';

/** Everybody who has seen or changed one person's record, and how often. */
export function WhoSaw({ id }: { readonly id: string }) {
  const { t, name } = usePageWords();
  const query = useQuery({
    queryKey: ['audit', 'person', id],
    queryFn: () => dataOf(api.GET('/v1/audit/people/{patient_id}', { params: { path: { patient_id: id } } })),
  });
  return (
    <Card
      title={t('audit.whoSaw')}
      flush
      aside={
        <>
          <a href={`/v1/audit/people/${encodeURIComponent(id)}/export`} download>
            {t('audit.whoSawCsv')}
          </a>
          <Button size="compact-sm" variant="default" onClick={() => goTo({ person: null })}>
            {t('audit.everybody')}
          </Button>
        </>
      }
    >
      <Asked query={query} lines={3}>
        {({ items }) => (
          <DataTable
            caption={t('audit.whoSaw')}
            rows={items}
            rowKey={(one) => `${one.actor}${one.act}`}
            empty={t('audit.none')}
            columns={[
              { head: t('audit.actor'), cell: (one) => one.actor_name ?? one.actor },
              { head: t('audit.act'), cell: (one) => name(Act, one.act) },
              { head: t('audit.times'), number: true, cell: (one) => one.times },
              { head: t('audit.first'), cell: (one) => localMoment(one.first_at) },
              { head: t('audit.last'), cell: (one) => localMoment(one.last_at) },
            ]}
          />
        )}
      </Asked>
    </Card>
  );
}
