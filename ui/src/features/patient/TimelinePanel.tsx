import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';

import { api, dataOf } from '../../api/client';
import { localMoment } from '../../dates';
import { DataTable } from '../../kit/DataTable';
import kit from '../../kit/kit.module.css';
import { byCursor, cursorOf, More } from '../../kit/More';
import { Card } from '../../kit/Page';
import { FactKind } from '../../locales/codes';
import { usePageWords } from '../../locales/pages';
import type { Schemas } from './data';
import { useEntryWords } from './entries';

type Entry = Schemas['TimelineEntry'];

/** Everything in one order of time, the latest first, a page at a time. */
export default function TimelinePanel({ id }: { readonly id: string }) {
  const { t, nameOf } = usePageWords();
  const { kindOf, textOf } = useEntryWords();
  const [kind, setKind] = useState('');
  const query = useInfiniteQuery({
    queryKey: ['patient', id, 'timeline'],
    queryFn: ({ pageParam }) =>
      dataOf(
        api.GET('/v1/patients/{patient_id}/timeline', {
          params: { path: { patient_id: id }, query: { limit: 50, ...cursorOf(pageParam) } },
        }),
      ),
    ...byCursor,
  });
  return (
    <Card
      title={t('part.timeline')}
      flush
      aside={
        <label className={kit.line}>
          <span className={kit.hint} style={{ whiteSpace: 'nowrap' }}>
            {t('p360.kind')}
          </span>
          <select className={kit.input} value={kind} onChange={(event) => setKind(event.currentTarget.value)}>
            <option value="">{t('patients.all')}</option>
            <option value="visit">{t('entry.visit')}</option>
            <option value="annual_exam">{t('entry.annual_exam')}</option>
            {FactKind.map((code) => (
              <option key={code[0]} value={code[0]}>
                {nameOf(code)}
              </option>
            ))}
          </select>
        </label>
      }
    >
      <More<Entry> query={query}>
        {(rows) => (
          <DataTable
            caption={t('part.timeline')}
            rows={kind ? rows.filter((entry) => entry.kind === kind) : rows}
            rowKey={(entry) => `${entry.kind}${entry.id}`}
            empty={t('fact.none')}
            columns={[
              { head: t('fact.on'), cell: (entry) => entry.on },
              { head: t('p360.kind'), cell: kindOf },
              { head: t('p360.what'), cell: textOf },
              { head: t('fact.recorded'), cell: (entry) => localMoment(entry.recorded_at) },
            ]}
          />
        )}
      </More>
    </Card>
  );
}
