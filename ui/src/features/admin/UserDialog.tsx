import { Button } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';

import { api, dataOf } from '../../api/client';
import type { components } from '../../api/schema';
import { Dialog } from '../../kit/Dialog';
import { type Field, refusal } from '../../kit/fields';
import { FormDialog } from '../../kit/FormDialog';
import kit from '../../kit/kit.module.css';
import { Pairs } from '../../kit/Page';
import { notify } from '../../kit/toasts';
import { ClosingReason } from '../../locales/codes';
import { usePageWords } from '../../locales/pages';
import { draftOfRoles, mostRoles, rolesOf, useRoleFields, useRoleWords } from './roles';
import { State } from './UsersPage';

export type User = components['schemas']['UserOut'];

interface UserDialogProps {
  readonly user: User;
  readonly onChanged: () => void;
  readonly onSecret: (password: string) => void;
  readonly onClose: () => void;
}

type Act = 'enable' | 'reset-second-factor';

const CLOSING: readonly Field[] = [
  { name: 'reason', label: 'user.because', kind: 'code', codes: ClosingReason, required: true, wide: true },
];

const act = (user_id: string, what: Act): Promise<User> => {
  const params = { path: { user_id } };
  switch (what) {
    case 'enable':
      return dataOf(api.POST('/v1/users/{user_id}:enable', { params }));
    case 'reset-second-factor':
      return dataOf(api.POST('/v1/users/{user_id}:reset-second-factor', { params }));
  }
};

/** One account: roles, password, second factor, disabled or not. */
export function UserDialog({ user, onChanged, onSecret, onClose }: UserDialogProps) {
  const words = usePageWords();
  const { t } = words;
  const [asking, setAsking] = useState<'roles' | 'closing' | null>(null);
  const [sure, setSure] = useState<Act | 'password' | null>(null);
  const roleWords = useRoleWords();
  const fields = useRoleFields();
  const change = useMutation({
    mutationFn: (what: Act) => act(user.id, what),
    onSuccess: () => {
      notify(t('form.saved'));
      onChanged();
      setSure(null);
    },
  });
  const reset = useMutation({
    mutationFn: () =>
      dataOf(api.POST('/v1/users/{user_id}:reset-password', { params: { path: { user_id: user.id } } })),
    onSuccess: ({ one_time_password }) => {
      onChanged();
      onClose();
      onSecret(one_time_password);
    },
  });
  const error = change.error ?? reset.error;
  const answered = () => {
    notify(t('form.saved'));
    onChanged();
    setAsking(null);
  };
  if (asking === 'closing') {
    return (
      <FormDialog
        title={`${t('user.disable')} · ${user.display_name}`}
        submit={t('user.disable')}
        draftKey={`closing:${user.id}`}
        fields={CLOSING}
        send={(body) =>
          dataOf(
            api.POST('/v1/users/{user_id}:disable', {
              params: { path: { user_id: user.id } },
              body: body as components['schemas']['ClosingIn'],
            }),
          )
        }
        onDone={answered}
        onClose={() => setAsking(null)}
      >
        <p>{t('user.closing')}</p>
      </FormDialog>
    );
  }
  if (asking === 'roles') {
    return (
      <FormDialog
        title={`${t('user.setRoles')} · ${user.display_name}`}
        submit={t('form.save')}
        draftKey={`roles:${user.id}`}
        fields={fields}
        initial={draftOfRoles(user.roles)}
        send={(body) =>
          dataOf(
            api.PUT('/v1/users/{user_id}/roles', {
              params: { path: { user_id: user.id } },
              body: { roles: rolesOf(body) },
            }),
          )
        }
        onDone={answered}
        onClose={() => setAsking(null)}
      />
    );
  }
  return (
    <Dialog title={user.display_name} onClose={onClose}>
      <Pairs
        rows={[
          [t('signIn.login'), user.login],
          [t('fact.state'), <State key="state" user={user} />],
          [t('user.roles'), user.roles.map(roleWords).join('; ') || '–'],
          [t('user.factor'), t(user.has_second_factor ? 'user.on' : 'user.off')],
        ]}
      />
      {error !== null && (
        <p role="alert" className={kit.fault}>
          ▲ {refusal(error, words)}
        </p>
      )}
      {sure === null ? (
        <div className={kit.head}>
          {user.roles.length <= mostRoles && (
            <Button size="xs" onClick={() => setAsking('roles')}>
              {t('user.setRoles')}
            </Button>
          )}
          <Button size="xs" variant="default" onClick={() => setSure('password')}>
            {t('user.resetPassword')}
          </Button>
          {user.has_second_factor && (
            <Button size="xs" variant="default" onClick={() => setSure('reset-second-factor')}>
              {t('user.resetFactor')}
            </Button>
          )}
          <Button size="xs" variant="default" onClick={() => (user.disabled_at ? setSure('enable') : setAsking('closing'))}>
            {t(user.disabled_at ? 'user.enable' : 'user.disable')}
          </Button>
        </div>
      ) : (
        <div className={kit.head} role="alertdialog" aria-label={t(`user.sure_${sure}`)}>
          <span>{t(`user.sure_${sure}`)}</span>
          <Button
            size="xs"
            loading={change.isPending || reset.isPending}
            onClick={() => (sure === 'password' ? reset.mutate() : change.mutate(sure))}
          >
            {t('user.yes')}
          </Button>
          <Button size="xs" variant="default" onClick={() => setSure(null)}>
            {t('user.no')}
          </Button>
        </div>
      )}
    </Dialog>
  );
}
