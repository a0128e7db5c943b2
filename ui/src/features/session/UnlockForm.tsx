import './fields.css';

import { Button, PasswordInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useEffect, useRef, useState } from 'react';

import { ApiError } from '../../api/errors';
import { TopBar } from '../../components/TopBar';
import { useWords } from '../../locales/language';
import { signOut, unlock } from './session';
import classes from './SignInForm.module.css';

/** The screen of a locked session: nothing of a person stands behind it; what was typed comes back to its owner. */
export default function UnlockForm() {
  const { t } = useWords();
  const [password, setPassword] = useState('');
  const field = useRef<HTMLInputElement>(null);
  const attempt = useMutation({ mutationFn: unlock });
  const refused = attempt.error instanceof ApiError && attempt.error.status > 0;
  useEffect(() => {
    if (attempt.isError) field.current?.select();
  }, [attempt.isError]);

  function submit(event: FormEvent): void {
    event.preventDefault();
    if (password) attempt.mutate(password);
  }

  return (
    <>
      <TopBar />
      <main id="main" className={classes.page}>
        <form className={classes.form} onSubmit={submit}>
          <h1>{t('unlock.title')}</h1>
          <p className="muted">{t('unlock.hint')}</p>
          <PasswordInput
            ref={field}
            label={t('signIn.password')}
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
            error={attempt.isError ? t(refused ? 'unlock.refused' : 'state.network') : null}
            visibilityToggleButtonProps={{ 'aria-label': t('signIn.show') }}
            autoComplete="current-password"
            maxLength={128}
            required
            autoFocus
          />
          <Button type="submit" loading={attempt.isPending}>
            {t('unlock.submit')}
          </Button>
          <Button variant="default" onClick={() => void signOut()}>
            {t('unlock.other')}
          </Button>
        </form>
      </main>
    </>
  );
}
