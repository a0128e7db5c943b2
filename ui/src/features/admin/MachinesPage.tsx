import { Button } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { api, dataOf } from '../../api/client';
import type { components } from '../../api/schema';
import { localMoment } from '../../dates';
import { Asked } from '../../kit/Asked';
import { DataTable } from '../../kit/DataTable';
import { type Field, refusal } from '../../kit/fields';
import { FormDialog } from '../../kit/FormDialog';
import kit from '../../kit/kit.module.css';
import { Card, Page } from '../../kit/Page';
import { Tag } from '../../kit/Tag';
import { notify } from '../../kit/toasts';
import { type Codes, MachineKind } from '../../locales/codes';
import { usePageWords } from '../../locales/pages';
import { useClinics } from '../today/clinics';
import { OneTimeSecret } from './OneTimeSecret';

type Schemas = components['schemas'];
type Machine = Schemas['MachineOut'];

/** Gateways, dashboards and monitors with their keys: shown once, replaced without a gap, revoked at once. */
export default function MachinesPage() {
  const words = usePageWords();
  const { t, name, say } = words;
  const queries = useQueryClient();
  const { organisations } = useClinics();
  const [adding, setAdding] = useState(false);
  const [key, setKey] = useState<string | null>(null);
  const query = useQuery({ queryKey: ['machines'], queryFn: () => dataOf(api.GET('/v1/machine-keys')) });
  const refresh = () => void queries.invalidateQueries({ queryKey: ['machines'] });
  const places: Codes = organisations.map((one) => [one.id, one.name.zh, one.name.en] as const);
  const fields: readonly Field[] = [
    { name: 'kind', label: 'dev.kind', kind: 'code', codes: MachineKind, required: true },
    { name: 'name', label: 'dev.name', kind: 'text', maxLength: 64, required: true },
    { name: 'organisation_id', label: 'user.place', kind: 'pick', codes: places, hint: 'user.placeHint' },
  ];
  return (
    <Page
      title={t('nav.machines')}
      aside={
        <Button size="xs" onClick={() => setAdding(true)}>
          {t('mach.add')}
        </Button>
      }
    >
      <Card title={t('mach.list')} flush>
        <Asked query={query}>
          {({ items }) => (
            <DataTable
              caption={t('mach.list')}
              rows={items}
              rowKey={(one) => one.id}
              empty={t('mach.none')}
              columns={[
                { head: t('dev.name'), cell: (one) => one.name },
                { head: t('dev.kind'), cell: (one) => name(MachineKind, one.kind) },
                {
                  head: t('user.place'),
                  cell: (one) => {
                    const place = organisations.find((each) => each.id === one.organisation_id);
                    return one.organisation_id === null ? t('user.everywhere') : place ? say(place.name) : '';
                  },
                },
                { head: t('mach.keys'), cell: (one) => <Keys machine={one} onChanged={refresh} /> },
                { head: t('fact.change'), cell: (one) => <Acts machine={one} onChanged={refresh} onKey={setKey} /> },
              ]}
            />
          )}
        </Asked>
      </Card>
      {adding && (
        <FormDialog
          title={t('mach.add')}
          submit={t('mach.add')}
          draftKey="machine"
          fields={fields}
          send={(body) => dataOf(api.POST('/v1/machine-keys', { body: body as unknown as Schemas['MachineIn'] }))}
          onDone={(made) => {
            setAdding(false);
            setKey(made.key);
            refresh();
          }}
          onClose={() => setAdding(false)}
        />
      )}
      {key !== null && <OneTimeSecret title={t('mach.key')} secret={key} onClose={() => setKey(null)} />}
    </Page>
  );
}

interface KeysProps {
  readonly machine: Machine;
  readonly onChanged: () => void;
}

function Keys({ machine, onChanged }: KeysProps) {
  const words = usePageWords();
  const { t } = words;
  const revoke = useMutation({
    mutationFn: (key_id: string) =>
      dataOf(
        api.DELETE('/v1/machine-keys/{machine_id}/keys/{key_id}', {
          params: { path: { machine_id: machine.id, key_id } },
        }),
      ),
    onSuccess: onChanged,
    onError: (error) => notify(`▲ ${refusal(error, words)}`),
  });
  const live = machine.keys.filter((one) => one.revoked_at === null);
  return (
    <>
      {machine.keys.map((one) => (
        <div key={one.id} className={kit.line}>
          <code>{one.id}</code>
          <span className="muted">
            {localMoment(one.created_at)} {one.last_used_on ? t('mach.used', { on: one.last_used_on }) : t('mach.unused')}
          </span>
          {one.revoked_at ? (
            <Tag tone="ended">{t('mach.revoked')}</Tag>
          ) : (
            live.length > 1 && (
              <Button size="compact-xs" variant="default" onClick={() => revoke.mutate(one.id)}>
                {t('mach.revokeKey')}
              </Button>
            )
          )}
        </div>
      ))}
    </>
  );
}

interface ActsProps extends KeysProps {
  readonly onKey: (key: string) => void;
}

function Acts({ machine, onChanged, onKey }: ActsProps) {
  const words = usePageWords();
  const { t } = words;
  const [sure, setSure] = useState(false);
  const params = { path: { machine_id: machine.id } };
  const onError = (error: unknown) => notify(`▲ ${refusal(error, words)}`);
  const rotate = useMutation({
    mutationFn: () => dataOf(api.POST('/v1/machine-keys/{machine_id}:rotate', { params })),
    onSuccess: (made) => {
      onKey(made.key);
      onChanged();
    },
    onError,
  });
  const revoke = useMutation({
    mutationFn: () => dataOf(api.POST('/v1/machine-keys/{machine_id}:revoke', { params })),
    onSuccess: onChanged,
    onError,
  });
  if (machine.revoked_at) return <Tag tone="ended">{t('mach.revoked')}</Tag>;
  return (
    <div className={kit.line}>
      <Button size="compact-xs" variant="default" loading={rotate.isPending} onClick={() => rotate.mutate()}>
        {t('mach.rotate')}
      </Button>
      <Button
        size="compact-xs"
        variant={sure ? 'filled' : 'default'}
        loading={revoke.isPending}
        onBlur={() => setSure(false)}
        onClick={() => (sure ? revoke.mutate() : setSure(true))}
      >
        {t(sure ? 'mach.sure' : 'mach.revoke')}
      </Button>
    </div>
  );
}
