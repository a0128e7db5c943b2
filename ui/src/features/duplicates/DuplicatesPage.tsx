import { useInfiniteQuery } from '@tanstack/react-query';
import { navigate } from 'wouter/use-browser-location';

import { api, dataOf } from '../../api/client';
import type { components } from '../../api/schema';
import { DataTable } from '../../kit/DataTable';
import { Filter } from '../../kit/Filter';
import { byCursor, cursorOf, More } from '../../kit/More';
import { Card, Page } from '../../kit/Page';
import { Tag } from '../../kit/Tag';
import { Likeness, PairState } from '../../locales/codes';
import { usePageWords } from '../../locales/pages';
import { useOneOf } from '../../url';
import { useClinics } from '../today/clinics';

type Pair = components['schemas']['PairListed'];

/** Records that may be one person, the likeliest first. */
export default function DuplicatesPage() {
  const { t, say, name } = usePageWords();
  const { chosen } = useClinics();
  const state = useOneOf('state', ['open', 'dismissed']);
  const query = useInfiniteQuery({
    queryKey: ['duplicates', chosen?.id, state],
    queryFn: ({ pageParam }) =>
      dataOf(
        api.GET('/v1/duplicates', {
          params: { query: { state, limit: 50, ...(chosen ? { clinic: chosen.id } : {}), ...cursorOf(pageParam) } },
        }),
      ),
    ...byCursor,
  });
  const who = ({ name: called, sex, age, phone }: Pair['one']) =>
    `${called} ${t(`sex.${sex}`)} ${t('row.age', { n: age })} ${phone ?? ''}`;
  return (
    <Page title={t('nav.duplicates')}>
      <Card title={t('dup.list')} flush aside={<Filter label={t('patients.state')} param="state" codes={PairState} first />}>
        <More<Pair> query={query}>
          {(rows) => (
            <DataTable
              caption={t('dup.list')}
              rows={rows}
              rowKey={(pair) => pair.id}
              onOpen={(pair) => navigate(`/duplicates/${pair.id}`)}
              empty={t(state === 'open' ? 'dup.none' : 'dup.noneDismissed')}
              columns={[
                { head: t('dup.one'), cell: (pair) => who(pair.one) },
                { head: t('dup.other'), cell: (pair) => who(pair.other) },
                {
                  head: t('dup.likeness'),
                  cell: (pair) => <Tag tone="warn">{`${name(Likeness, pair.likeness)} ${pair.score}`}</Tag>,
                },
                { head: t('dup.why'), cell: (pair) => pair.points.map((point) => say(point)).join(' · ') },
              ]}
            />
          )}
        </More>
      </Card>
    </Page>
  );
}
