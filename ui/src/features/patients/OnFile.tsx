import { Button } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { navigate } from 'wouter/use-browser-location';

import { api, dataOf } from '../../api/client';
import type { paths } from '../../api/schema';
import { DataTable } from '../../kit/DataTable';
import { Filter } from '../../kit/Filter';
import { byCursor, cursorOf, More } from '../../kit/More';
import { Card } from '../../kit/Page';
import { Disease, EnrolmentState, PeopleOrder, Sex } from '../../locales/codes';
import { usePageWords } from '../../locales/pages';
import { goTo, useUrl } from '../../url';
import { useClinics } from '../today/clinics';
import { type Listed, usePeopleColumns } from './columns';

type Asked = NonNullable<paths['/v1/patients']['get']['parameters']['query']>;

/** The address holds the filters; what the server does not know it refuses with words. */
function useAsked(): Asked {
  const { chosen } = useClinics();
  const asked = {
    clinic: chosen?.id, disease: useUrl('disease'), state: useUrl('state'), sex: useUrl('sex'),
    age_from: useUrl('from'), age_to: useUrl('to'), order: useUrl('order'),
  }; // prettier-ignore
  return Object.fromEntries(Object.entries(asked).filter(([, value]) => value)) as Asked;
}

export function OnFile() {
  const { t } = usePageWords();
  const columns = usePeopleColumns();
  const asked = useAsked();
  const query = useInfiniteQuery({
    queryKey: ['patients', asked],
    queryFn: ({ pageParam }) =>
      dataOf(api.GET('/v1/patients', { params: { query: { ...asked, limit: 50, ...cursorOf(pageParam) } } })),
    ...byCursor,
  });
  return (
    <Card
      title={t('patients.onFile')}
      flush
      aside={
        <>
          <Filter label={t('patients.disease')} param="disease" codes={Disease} />
          <Filter label={t('patients.state')} param="state" codes={EnrolmentState} />
          <Filter label={t('patients.sex')} param="sex" codes={Sex} />
          <Filter label={t('patients.ageFrom')} param="from" number />
          <Filter label={t('patients.ageTo')} param="to" number />
          <Filter label={t('patients.order')} param="order" codes={PeopleOrder} first />
        </>
      }
    >
      <More<Listed> query={query}>
        {(rows) => (
          <DataTable
            caption={t('patients.onFile')}
            columns={columns}
            rows={rows}
            rowKey={(one) => one.id}
            onOpen={(one) => navigate(`/patients/${one.id}`)}
            empty={t('patients.none')}
            emptyNext={
              <Button
                size="xs"
                onClick={() => goTo({ disease: null, state: null, sex: null, from: null, to: null, order: null })}
              >
                {t('patients.clear')}
              </Button>
            }
          />
        )}
      </More>
    </Card>
  );
}
