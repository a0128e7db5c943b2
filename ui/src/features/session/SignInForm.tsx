import { Button, PasswordInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useEffect, useRef, useState } from 'react';

import { ApiError } from '../../api/errors';
import { queryClient } from '../../api/query-client';
import { keepToken, useSignIn } from '../../api/token';
import { TopBar } from '../../components/TopBar';
import { useWords, type Words } from '../../locales/language';
import { verifyToken } from './session';
import classes from './SignInForm.module.css';

function explain(error: unknown, { t }: Words): string | null {
  if (error === null) return null;
  if (!(error instanceof ApiError) || error.status === 0) return t('state.network');
  return error.status === 401 ? t('signIn.refused') : t('state.server', { status: error.status });
}

export function SignInForm() {
  const words = useWords();
  const { t } = words;
  const { expired } = useSignIn();
  const [token, setToken] = useState('');
  const [empty, setEmpty] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const check = useMutation({
    mutationFn: verifyToken,
    onSuccess: (session, good) => {
      queryClient.setQueryData(['session'], session);
      keepToken(good);
    },
  });

  useEffect(() => {
    if (check.isError) field.current?.focus();
  }, [check.isError]);

  function submit(event: FormEvent) {
    event.preventDefault();
    const given = token.trim();
    setEmpty(given === '');
    if (given === '') field.current?.focus();
    else check.mutate(given);
  }

  return (
    <>
      <TopBar />
      <main id="main" className={classes.page}>
        <form className={classes.form} onSubmit={submit} noValidate>
          <h1>{t('signIn.title')}</h1>
          {expired && (
            <p className={classes.expired} role="status">
              ▲ {t('signIn.expired')}
            </p>
          )}
          <p className="muted">{t('signIn.hint')}</p>
          <PasswordInput
            ref={field}
            label={t('signIn.token')}
            description={t('signIn.kept')}
            value={token}
            onChange={(event) => setToken(event.currentTarget.value)}
            error={empty ? t('signIn.empty') : explain(check.error, words)}
            visibilityToggleButtonProps={{ 'aria-label': t('signIn.show') }}
            autoComplete="off"
            spellCheck={false}
            autoFocus
          />
          <Button type="submit" loading={check.isPending}>
            {t('signIn.submit')}
          </Button>
        </form>
      </main>
    </>
  );
}
