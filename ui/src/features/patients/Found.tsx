import { Button } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { navigate } from 'wouter/use-browser-location';

import { api, dataOf } from '../../api/client';
import { searchFor } from '../../app/search-text';
import { DataTable } from '../../kit/DataTable';
import { byCursor, cursorOf, More } from '../../kit/More';
import { Card } from '../../kit/Page';
import { TermKind } from '../../locales/codes';
import { usePageWords } from '../../locales/pages';
import { useMay } from '../session/session';
import { type Listed, usePeopleColumns } from './columns';

const MANY = 20;

function useFound(text: string) {
  return useInfiniteQuery({
    queryKey: ['search', text],
    queryFn: ({ pageParam }) =>
      dataOf(api.POST('/v1/patients:search', { body: { text, limit: MANY, ...cursorOf(pageParam) } })),
    ...byCursor,
  });
}

/** Who fits a search; a whole citizen ID opens its one record at once, or the form of registration. */
export function Found({ text }: { readonly text: string }) {
  const { t, name, listed } = usePageWords();
  const columns = usePeopleColumns();
  const mayRegister = useMay('people.write');
  const query = useFound(text);
  const first = query.data?.pages[0];
  const only = first?.kinds.includes('citizen_id') && first.items.length === 1 ? first.items[0] : undefined;
  const isNobody = mayRegister && first?.kinds.includes('citizen_id') === true && first.items.length === 0;
  useEffect(() => {
    if (isNobody) navigate('/patients/new', { replace: true }); // the number stands in the form already
  }, [isNobody]);
  useEffect(() => {
    if (!only) return;
    searchFor('');
    navigate(`/patients/${only.id}`, { replace: true });
  }, [only]);
  const open = (one: Listed) => navigate(`/patients/${one.id}`);
  const kinds = listed((first?.kinds ?? []).map((kind) => name(TermKind, kind)));
  return (
    <Card title={t('patients.found')} flush aside={kinds && <span className="muted">{t('patients.sought', { kinds })}</span>}>
      <More<Listed> query={query}>
        {(rows) => (
          <>
            {query.hasNextPage && <p style={{ padding: '0.375rem 0.75rem' }}>▲ {t('patients.narrow')}</p>}
            <DataTable
              caption={t('patients.found')}
              columns={columns}
              rows={rows}
              rowKey={(one) => one.id}
              onOpen={open}
              empty={t('patients.noneFound')}
              emptyNext={
                <>
                  <span className="muted">{t('patients.noneHint')}</span>
                  {mayRegister && (
                    <Button size="xs" onClick={() => navigate('/patients/new')}>
                      {t('patients.register')}
                    </Button>
                  )}
                </>
              }
            />
          </>
        )}
      </More>
    </Card>
  );
}
