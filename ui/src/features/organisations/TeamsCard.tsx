import { Button } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { Asked } from '../../kit/Asked';
import { DataTable } from '../../kit/DataTable';
import { type Field, refusal } from '../../kit/fields';
import { FormDialog } from '../../kit/FormDialog';
import kit from '../../kit/kit.module.css';
import { Card } from '../../kit/Page';
import { notify } from '../../kit/toasts';
import { usePageWords } from '../../locales/pages';
import { useMay } from '../session/session';
import { readNames, removeTeam, saveTeam, type Team, useTeams } from './settings';

const FIELDS: readonly Field[] = [
  { name: 'name', label: 'team.name', kind: 'text', required: true, maxLength: 64 },
  { name: 'doctors', label: 'team.doctors', kind: 'area', required: true, hint: 'team.doctorsHint' },
]; // prettier-ignore

/** The family-doctor teams of a clinic: doctors that are counted together. */
export function TeamsCard({ clinic }: { readonly clinic: string }) {
  const words = usePageWords();
  const { t } = words;
  const queries = useQueryClient();
  const query = useTeams(clinic);
  const mayManage = useMay('teams.manage');
  const [open, setOpen] = useState<Team | 'new' | null>(null);
  const changed = (): void => {
    void queries.invalidateQueries({ queryKey: ['teams', clinic] });
    void queries.invalidateQueries({ queryKey: ['breakdown'] });
    void queries.invalidateQueries({ queryKey: ['indicator-people'] });
  };
  const remove = useMutation({
    mutationFn: removeTeam,
    onSuccess: () => notify(t('team.removed')),
    onError: (error: Error) => notify(`▲ ${refusal(error, words)}`),
    onSettled: changed,
  });
  const acts = (one: Team) => (
    <span className={kit.line}>
      <Button size="compact-sm" variant="default" aria-label={t('team.changeOf', { name: one.name })} onClick={() => setOpen(one)}>
        {t('team.change')}
      </Button>
      <Button size="compact-sm" variant="default" disabled={remove.isPending} aria-label={t('team.removeOf', { name: one.name })} onClick={() => remove.mutate(one.id)}>
        {t('team.remove')}
      </Button>
    </span>
  );
  const edited = open === 'new' ? null : open;
  return (
    <Card
      title={t('team.title')}
      aside={
        mayManage && (
          <Button size="compact-sm" onClick={() => setOpen('new')}>
            {t('team.add')}
          </Button>
        )
      }
    >
      <p className="muted">{t('team.hint')}</p>
      <Asked query={query}>
        {({ items }) => (
          <DataTable
            caption={t('team.title')}
            rows={items}
            rowKey={(one) => one.id}
            empty={t('team.none')}
            columns={[
              { head: t('team.name'), cell: (one) => one.name },
              { head: t('team.doctors'), cell: (one) => one.doctors.join('、') },
              ...(mayManage ? [{ head: t('team.act'), cell: acts }] : []),
            ]}
          />
        )}
      </Asked>
      {open && (
        <FormDialog
          title={t(edited ? 'team.change' : 'team.add')}
          submit={t('form.save')}
          draftKey={`team:${clinic}:${edited?.id ?? 'new'}`}
          fields={FIELDS}
          initial={{ name: edited?.name ?? '', doctors: edited?.doctors.join('\n') ?? '' }}
          send={(body, draft) =>
            saveTeam(clinic, edited?.id, { name: String(body['name'] ?? ''), doctors: readNames(draft['doctors'] ?? '') })
          }
          onDone={() => {
            notify(t('form.saved'));
            changed();
            setOpen(null);
          }}
          onClose={() => setOpen(null)}
        />
      )}
    </Card>
  );
}
