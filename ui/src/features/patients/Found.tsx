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
import { useClinics } from '../today/clinics';
import { type Listed, usePeopleColumns } from './columns';

const MANY = 20;

/** Of which people: of one clinic, or of all others that this user may see. */
type Among = Readonly<{ clinic?: string; outside?: string }>;

function useFound(text: string, among: Among, enabled = true) {
  return useInfiniteQuery({
    queryKey: ['search', text, among],
    queryFn: ({ pageParam }) =>
      dataOf(api.POST('/v1/patients:search', { body: { text, limit: MANY, ...among, ...cursorOf(pageParam) } })),
    ...byCursor,
    enabled,
  });
}

type Query = ReturnType<typeof useFound>;

/** A whole citizen ID opens its one record at once, or the form of registration. */
function useCard(queries: readonly Query[]): void {
  const mayRegister = useMay('people.write');
  const first = queries[0]?.data?.pages[0];
  const isCard = first?.kinds.includes('citizen_id') === true && queries.every((one) => one.data !== undefined);
  const people = isCard ? queries.flatMap((one) => one.data?.pages[0]?.items ?? []) : [];
  const only = people.length === 1 ? people[0] : undefined;
  const isNobody = mayRegister && isCard && people.length === 0;
  useEffect(() => {
    if (isNobody) navigate('/patients/new', { replace: true }); // the number stands in the form already
  }, [isNobody]);
  useEffect(() => {
    if (!only) return;
    searchFor('');
    navigate(`/patients/${only.id}`, { replace: true });
  }, [only]);
}

/** Who fits a search: of the chosen clinic, and of the others for who may see more than one. */
export function Found({ text }: { readonly text: string }) {
  const { t } = usePageWords();
  const { clinics, chosen } = useClinics();
  const hasOthers = clinics.length > 1 && chosen !== undefined;
  const own = useFound(text, hasOthers ? { clinic: chosen.id } : {});
  const others = useFound(text, chosen ? { outside: chosen.id } : {}, hasOthers);
  useCard(hasOthers ? [own, others] : [own]);
  const elsewhere = hasOthers && others.data?.pages[0]?.items.length !== 0;
  return (
    <>
      <Group title={t(hasOthers ? 'patients.here' : 'patients.found')} query={own} isOnly={!elsewhere} />
      {elsewhere && <Group title={t('patients.elsewhere')} query={others} isOnly={false} />}
    </>
  );
}

interface GroupProps {
  readonly title: string;
  readonly query: Query;
  readonly isOnly: boolean;
}

function Group({ title, query, isOnly }: GroupProps) {
  const { t, name, listed } = usePageWords();
  const columns = usePeopleColumns();
  const mayRegister = useMay('people.write');
  const kinds = listed((query.data?.pages[0]?.kinds ?? []).map((kind) => name(TermKind, kind)));
  return (
    <Card title={title} flush aside={kinds && <span className="muted">{t('patients.sought', { kinds })}</span>}>
      <More<Listed> query={query}>
        {(rows) => (
          <>
            {rows.length >= MANY && (
              <p role="status" style={{ padding: '0.375rem 0.75rem' }}>
                ▲ {t('patients.narrow')}
              </p>
            )}
            <DataTable
              caption={title}
              columns={columns}
              rows={rows}
              rowKey={(one) => one.id}
              onOpen={(one) => navigate(`/patients/${one.id}`)}
              empty={t('patients.noneFound')}
              emptyNext={
                isOnly && (
                  <>
                    <span className="muted">{t('patients.noneHint')}</span>
                    {mayRegister && (
                      <Button size="xs" onClick={() => navigate('/patients/new')}>
                        {t('patients.register')}
                      </Button>
                    )}
                  </>
                )
              }
            />
          </>
        )}
      </More>
    </Card>
  );
}
