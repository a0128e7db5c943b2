import { Button } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useParams } from 'wouter';

import { api, dataOf } from '../../api/client';
import { ApiError } from '../../api/errors';
import type { components } from '../../api/schema';
import { localMoment } from '../../dates';
import { Asked } from '../../kit/Asked';
import { DataTable } from '../../kit/DataTable';
import { Dialog } from '../../kit/Dialog';
import { refusal } from '../../kit/fields';
import { FormDialog } from '../../kit/FormDialog';
import kit from '../../kit/kit.module.css';
import { Card, Page, Pairs } from '../../kit/Page';
import { Tag } from '../../kit/Tag';
import { notify } from '../../kit/toasts';
import { DeviceKind } from '../../locales/codes';
import { usePageWords } from '../../locales/pages';
import { OtherPerson } from '../review/OtherPerson';
import { CHANGED_DEVICE, RETURN } from './fields';

type Schemas = components['schemas'];
type Detail = Schemas['DeviceDetail'];

export default function DevicePage() {
  const { t } = usePageWords();
  const { id = '' } = useParams<{ id: string }>();
  const query = useQuery({
    queryKey: ['devices', 'one', id],
    queryFn: () => dataOf(api.GET('/v1/devices/{device_id}', { params: { path: { device_id: id } } })),
  });
  return (
    <Page title={query.data?.code ?? t('nav.devices')} aside={<Link href="/devices">{t('dup.back')}</Link>}>
      <Asked query={query}>{(device) => <Device device={device} />}</Asked>
    </Page>
  );
}

function Device({ device }: { readonly device: Detail }) {
  const { t, name } = usePageWords();
  const queries = useQueryClient();
  const [open, setOpen] = useState<'issue' | 'return' | 'change' | null>(null);
  const params = { path: { device_id: device.id } };
  const done = (): void => {
    setOpen(null);
    notify(t('form.saved'));
    void queries.invalidateQueries({ queryKey: ['devices'] });
  };
  const isFree = device.holders.length === 0;
  return (
    <>
      <Card
        title={name(DeviceKind, device.kind)}
        aside={
          device.retired_at === null && (
            <>
              {isFree || device.kind === 'combined' || device.kind === 'cuff' ? (
                <Button size="compact-sm" onClick={() => setOpen('issue')}>
                  {t('dev.issue')}
                </Button>
              ) : null}
              {!isFree && (
                <Button size="compact-sm" onClick={() => setOpen('return')}>
                  {t('dev.return')}
                </Button>
              )}
              <a href={`/v1/devices/${device.id}/label`} target="_blank" rel="noreferrer">
                {t('dev.label')}
              </a>
              <Button size="compact-sm" variant="default" onClick={() => setOpen('change')}>
                {t('dev.change')}
              </Button>
            </>
          )
        }
      >
        <Pairs
          rows={[
            [t('dev.code'), device.code],
            [t('dev.model'), device.model ?? '–'],
            [t('dev.unit'), device.glucose_unit ?? '–'],
            [t('dev.zone'), device.zone],
            [t('dev.inUse'), localMoment(device.in_use_since)],
            [
              t('dev.calibration'),
              device.calibration_due ? <Tag tone="time">{device.calibration_due_on ?? ''}</Tag> : (device.calibration_due_on ?? '–'),
            ],
            ...(device.retired_at ? [[t('dev.retired'), localMoment(device.retired_at)] as const] : []),
          ]}
        />
      </Card>
      <Card title={t('dev.holders')} flush>
        <DataTable
          caption={t('dev.holders')}
          rows={device.issues}
          rowKey={(one) => one.id}
          empty={t('dev.neverIssued')}
          columns={[
            { head: t('held.person'), cell: (one) => <Link href={`/patients/${one.patient_id}`}>{t('dup.open')}</Link> },
            { head: t('dev.slot'), number: true, cell: (one) => one.user_slot ?? '' },
            { head: t('dev.from'), cell: (one) => localMoment(one.from_at) },
            { head: t('dev.to'), cell: (one) => (one.to_at ? localMoment(one.to_at) : <Tag tone="good">{t('dev.now')}</Tag>) },
          ]}
        />
      </Card>
      {device.calibrations.length > 0 && (
        <Card title={t('dev.calibrations')} flush>
          <DataTable
            caption={t('dev.calibrations')}
            rows={device.calibrations}
            rowKey={(one) => one.calibrated_on}
            empty="–"
            columns={[
              { head: t('dev.calibrated'), cell: (one) => one.calibrated_on },
              { head: t('dev.calibration'), cell: (one) => one.due_on ?? t('dev.noEnd') },
            ]}
          />
        </Card>
      )}
      {open === 'issue' && <Issue device={device} onDone={done} onClose={() => setOpen(null)} />}
      {open === 'return' && (
        <FormDialog
          title={t('dev.return')}
          submit={t('dev.return')}
          draftKey={`return:${device.id}`}
          fields={RETURN}
          send={(body) => dataOf(api.POST('/v1/devices/{device_id}:return', { params, body: body as Schemas['ReturnIn'] }))}
          onDone={done}
          onClose={() => setOpen(null)}
        />
      )}
      {open === 'change' && (
        <FormDialog
          title={t('dev.change')}
          submit={t('form.save')}
          draftKey={`device:${device.id}`}
          fields={CHANGED_DEVICE}
          initial={{
            model: device.model ?? '', glucose_unit: device.glucose_unit ?? '', zone: device.zone,
            calibration_due_on: device.calibration_due_on ?? '',
          }}
          send={(body) => dataOf(api.PATCH('/v1/devices/{device_id}', { params, body: body as Schemas['DeviceChangeIn'] }))}
          onDone={done}
          onClose={() => setOpen(null)}
        />
      )}
    </>
  ); // prettier-ignore
}

interface IssueProps {
  readonly device: Detail;
  readonly onDone: () => void;
  readonly onClose: () => void;
}

/** Hand the device to a person from now on. */
function Issue({ device, onDone, onClose }: IssueProps) {
  const words = usePageWords();
  const { t } = words;
  const [error, setError] = useState<ApiError | null>(null);
  const [busy, setBusy] = useState(false);

  async function issue(patient_id: string): Promise<void> {
    setBusy(true);
    setError(null);
    try {
      const params = { path: { device_id: device.id } };
      await dataOf(api.POST('/v1/devices/{device_id}:issue', { params, body: { patient_id } }));
      onDone();
    } catch (failed) {
      if (!(failed instanceof ApiError)) throw failed;
      setError(failed);
    } finally {
      setBusy(false);
    }
  }

  return (
    <Dialog title={t('dev.issue')} onClose={onClose}>
      <p>{t('dev.issueHint', { code: device.code })}</p>
      {error && (
        <p role="alert" className={kit.fault}>
          ▲ {refusal(error, words)}
        </p>
      )}
      <OtherPerson busy={busy} onPick={(id) => void issue(id)} />
    </Dialog>
  );
}
