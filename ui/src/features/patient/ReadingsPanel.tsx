import { useInfiniteQuery } from '@tanstack/react-query';

import { api, dataOf } from '../../api/client';
import { localMoment, plusDays } from '../../dates';
import { DataTable } from '../../kit/DataTable';
import { readDate } from '../../kit/fields';
import { Filter } from '../../kit/Filter';
import { byCursor, cursorOf, More } from '../../kit/More';
import { Card } from '../../kit/Page';
import { Tag } from '../../kit/Tag';
import { AlertTier, GlucosePeriod, ReadingKind, Setting } from '../../locales/codes';
import { glucoseText } from '../../kit/values';
import { usePageWords } from '../../locales/pages';
import { useUrl } from '../../url';
import type { Schemas } from './data';

type Reading = Schemas['ReadingOut'];

/** Measurements as they are stored, with what they were received as. */
export default function ReadingsPanel({ id }: { readonly id: string }) {
  const { t, name } = usePageWords();
  const wanted = useUrl('act');
  const kind: Schemas['ReadingKind'] | null = wanted === 'glucose' || wanted === 'blood_pressure' ? wanted : null;
  const meant = useUrl('open');
  const from = readDate(useUrl('from') ?? '');
  const to = readDate(useUrl('to') ?? '');
  const asked = { ...(kind ? { kind } : {}), ...(from ? { from } : {}), ...(to ? { to: plusDays(to, 1) } : {}) };
  const query = useInfiniteQuery({
    queryKey: ['patient', id, 'readings', asked],
    queryFn: ({ pageParam }) =>
      dataOf(
        api.GET('/v1/patients/{patient_id}/readings', {
          params: { path: { patient_id: id }, query: { limit: 50, ...asked, ...cursorOf(pageParam) } },
        }),
      ),
    ...byCursor,
  });
  const valueOf = (one: Reading): string =>
    one.kind === 'glucose' ? (one.flag ?? `${glucoseText(one.glucose_mmol_l ?? '')} mmol/L`) : `${one.systolic_mmhg}/${one.diastolic_mmhg} mmHg`;
  return (
    <Card
      title={t('part.readings')}
      flush
      aside={
        <>
          <Filter label={t('p360.kind')} param="act" codes={ReadingKind} />
          <Filter label={t('p360.from')} param="from" />
          <Filter label={t('p360.to')} param="to" />
        </>
      }
    >
      <More<Reading> query={query}>
        {(rows) => (
          <DataTable
            caption={t('part.readings')}
            rows={rows}
            rowKey={(one) => one.id}
            current={meant}
            empty={t('rd.none')}
            columns={[
              { head: t('rd.takenAt'), cell: (one) => localMoment(one.taken_at) },
              { head: t('p360.kind'), cell: (one) => name(ReadingKind, one.kind) },
              { head: t('fact.value'), number: true, cell: valueOf },
              { head: t('rd.pulse'), number: true, cell: (one) => one.pulse_bpm ?? '' },
              { head: t('glu.period'), cell: (one) => name(GlucosePeriod, one.period) },
              { head: t('rd.setting'), cell: (one) => name(Setting, one.setting) },
              {
                head: t('rd.alert'),
                cell: (one) =>
                  one.alert_tier && (
                    <Tag tone={one.alert_tier === 'RED' ? 'bad' : 'warn'}>{name(AlertTier, one.alert_tier)}</Tag>
                  ),
              },
              {
                head: t('rd.source'),
                cell: (one) => (
                  <span title={`${one.value_text} ${one.unit_text} ${one.device_time_text ?? ''}`}>
                    {one.device ?? t('rd.noDevice')}{' '}
                    {one.calibration_overdue && <Tag tone="time">{t('rd.calibration')}</Tag>}
                  </span>
                ),
              },
            ]}
          />
        )}
      </More>
    </Card>
  );
}
