import { Button } from '@mantine/core';
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useLocation } from 'wouter';

import { api, dataOf } from '../../api/client';
import type { components } from '../../api/schema';
import { DataTable } from '../../kit/DataTable';
import { Filter } from '../../kit/Filter';
import { FormDialog } from '../../kit/FormDialog';
import { byCursor, cursorOf, More } from '../../kit/More';
import { Card, Page, Switch } from '../../kit/Page';
import { Tag } from '../../kit/Tag';
import { notify } from '../../kit/toasts';
import { DeviceKind } from '../../locales/codes';
import { usePageWords } from '../../locales/pages';
import { goTo, useOneOf, useUrl } from '../../url';
import { useClinics } from '../today/clinics';
import { NEW_DEVICE } from './fields';
import { Health } from './Health';

type Schemas = components['schemas'];

export default function DevicesPage() {
  const { t } = usePageWords();
  const queries = useQueryClient();
  const { chosen } = useClinics();
  const tab = useOneOf('tab', ['list', 'health']);
  const [adding, setAdding] = useState(false);
  return (
    <Page
      title={t('nav.devices')}
      aside={
        <>
          <Switch
            label={t('dev.view')}
            options={[
              ['list', t('dev.register')],
              ['health', t('dev.health')],
            ]}
            value={tab}
            onChange={(next) => goTo({ tab: next })}
          />
          {chosen && (
            <Button size="xs" onClick={() => setAdding(true)}>
              {t('dev.add')}
            </Button>
          )}
        </>
      }
    >
      {tab === 'list' ? <Register clinic={chosen?.id} /> : <Health clinic={chosen?.id} />}
      {adding && chosen && (
        <FormDialog
          title={t('dev.add')}
          submit={t('form.save')}
          draftKey="device"
          fields={NEW_DEVICE}
          initial={{ zone: 'Asia/Shanghai' }}
          send={(body) =>
            dataOf(api.POST('/v1/devices', { body: { ...body, clinic_id: chosen.id } as unknown as Schemas['DeviceIn'] }))
          }
          onDone={() => {
            setAdding(false);
            notify(t('form.saved'));
            void queries.invalidateQueries({ queryKey: ['devices'] });
          }}
          onClose={() => setAdding(false)}
        />
      )}
    </Page>
  );
}

function Register({ clinic }: { readonly clinic: string | undefined }) {
  const { t, name } = usePageWords();
  const [, navigate] = useLocation();
  const kind = useUrl('kind') as Schemas['DeviceKind'] | null;
  const query = useInfiniteQuery({
    queryKey: ['devices', clinic, kind],
    queryFn: ({ pageParam }) =>
      dataOf(
        api.GET('/v1/devices', {
          params: { query: { limit: 50, ...(clinic ? { clinic } : {}), ...(kind ? { kind } : {}), ...cursorOf(pageParam) } },
        }),
      ),
    ...byCursor,
  });
  return (
    <Card title={t('dev.register')} flush aside={<Filter label={t('dev.kind')} param="kind" codes={DeviceKind} />}>
      <More<Schemas['DeviceOut']> query={query}>
        {(rows) => (
          <DataTable
            caption={t('dev.register')}
            rows={rows}
            rowKey={(one) => one.id}
            onOpen={(one) => navigate(`/devices/${one.id}`)}
            empty={t('dev.none')}
            columns={[
              { head: t('dev.code'), cell: (one) => one.code },
              { head: t('dev.kind'), cell: (one) => name(DeviceKind, one.kind) },
              { head: t('dev.model'), cell: (one) => one.model ?? '' },
              { head: t('dev.unit'), cell: (one) => one.glucose_unit ?? '' },
              {
                head: t('fact.state'),
                cell: (one) =>
                  one.retired_at ? (
                    <Tag tone="ended">{t('dev.retired')}</Tag>
                  ) : one.holders.length > 0 ? (
                    <Tag tone="good">{t('dev.held', { n: one.holders.length })}</Tag>
                  ) : (
                    <Tag tone="plain">{t('dev.free')}</Tag>
                  ),
              },
              {
                head: t('dev.calibration'),
                cell: (one) =>
                  one.calibration_due ? (
                    <Tag tone="time">{one.calibration_due_on ?? ''}</Tag>
                  ) : (
                    (one.calibration_due_on ?? '–')
                  ),
              },
            ]}
          />
        )}
      </More>
    </Card>
  );
}
