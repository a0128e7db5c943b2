import { Button } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';

import { api, dataOf, done } from '../../api/client';
import { localMoment } from '../../dates';
import { Asked } from '../../kit/Asked';
import { DataTable } from '../../kit/DataTable';
import { refusal } from '../../kit/fields';
import { Card } from '../../kit/Page';
import { Tag } from '../../kit/Tag';
import { notify } from '../../kit/toasts';
import { usePageWords } from '../../locales/pages';

/** Where one is signed in, and ending it from here. */
export function SessionsCard() {
  const words = usePageWords();
  const { t } = words;
  const queries = useQueryClient();
  const query = useQuery({ queryKey: ['sessions'], queryFn: () => dataOf(api.GET('/v1/sessions')) });
  const end = useMutation({
    mutationFn: (session_id: string) =>
      done(api.DELETE('/v1/sessions/{session_id}', { params: { path: { session_id } } })),
    onSuccess: () => void queries.invalidateQueries({ queryKey: ['sessions'] }),
    onError: (error) => notify(`▲ ${refusal(error, words)}`),
  });
  return (
    <Card title={t('set.sessions')} flush>
      <Asked query={query} lines={2}>
        {({ items }) => (
          <DataTable
            caption={t('set.sessions')}
            rows={items}
            rowKey={(one) => one.id}
            empty={t('fact.none')}
            columns={[
              { head: t('set.browser'), cell: (one) => one.browser.slice(0, 60) },
              { head: t('set.address'), cell: (one) => one.address },
              { head: t('set.since'), cell: (one) => localMoment(one.created_at) },
              { head: t('set.lastSeen'), cell: (one) => localMoment(one.last_seen_at) },
              {
                head: t('fact.state'),
                cell: (one) =>
                  one.is_this ? (
                    <Tag tone="good">{t('set.thisOne')}</Tag>
                  ) : (
                    <Button size="compact-xs" variant="default" onClick={() => end.mutate(one.id)}>
                      {t('set.end')}
                    </Button>
                  ),
              },
            ]}
          />
        )}
      </Asked>
    </Card>
  );
}
