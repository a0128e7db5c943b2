import './fields.css';

import { Button, PasswordInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';

import { ApiError } from '../../api/errors';
import { TopBar } from '../../components/TopBar';
import { useWords } from '../../locales/language';
import { changePassword, signOut } from './session';
import classes from './SignInForm.module.css';

/** For who signed in with a password that somebody else knows: a new one first, then the work. */
export default function ChangePasswordForm({ login }: { readonly login: string }) {
  const { t } = useWords();
  const [present, setPresent] = useState('');
  const [next, setNext] = useState('');
  const change = useMutation({ mutationFn: () => changePassword(present, next) });
  const refused = change.error instanceof ApiError ? change.error : null;

  function submit(event: FormEvent) {
    event.preventDefault();
    change.mutate();
  }

  return (
    <>
      <TopBar actor={login} onSignOut={() => void signOut()} />
      <main id="main" className={classes.page}>
        <form className={classes.form} onSubmit={submit}>
          <h1>{t('password.title')}</h1>
          <p className="muted">{t('password.hint')}</p>
          <input type="text" name="username" value={login} autoComplete="username" readOnly hidden />
          <PasswordInput
            label={t('password.present')}
            value={present}
            onChange={(event) => setPresent(event.currentTarget.value)}
            visibilityToggleButtonProps={{ 'aria-label': t('signIn.show') }}
            autoComplete="current-password"
            maxLength={128}
            required
            autoFocus
          />
          <PasswordInput
            label={t('password.next')}
            value={next}
            onChange={(event) => setNext(event.currentTarget.value)}
            error={change.isError ? (refused?.status === 422 ? t('password.refused') : t('state.network')) : null}
            visibilityToggleButtonProps={{ 'aria-label': t('signIn.show') }}
            autoComplete="new-password"
            minLength={10}
            maxLength={128}
            required
          />
          <Button type="submit" loading={change.isPending}>
            {t('password.submit')}
          </Button>
        </form>
      </main>
    </>
  );
}
