import './fields.css';

import { Button, PasswordInput, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, type KeyboardEvent, useEffect, useRef, useState } from 'react';

import { ApiError } from '../../api/errors';
import type { SignedIn } from '../../api/sign-in';
import { TopBar } from '../../components/TopBar';
import { useWords, type Words } from '../../locales/language';
import { signIn } from './session';
import classes from './SignInForm.module.css';

const NEEDS_CODE = 'second-factor-needed';

function explain(error: unknown, { t }: Words): string | null {
  if (error === null) return null;
  if (!(error instanceof ApiError) || error.status === 0) return t('state.network');
  if (error.code === 'log-in-refused') return t('signIn.refused');
  if (error.code === 'second-factor-refused') return t('signIn.codeRefused');
  if (error.code === 'https-needed') return t('signIn.https');
  if (error.code === NEEDS_CODE) return null;
  return error.status === 429 ? t('signIn.tooMany') : t('state.server', { status: error.status });
}

export default function SignInForm({ why }: { readonly why: SignedIn }) {
  const words = useWords();
  const { t } = words;
  const [login, setLogin] = useState('');
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const [withCode, setWithCode] = useState(false);
  const [capsLock, setCapsLock] = useState(false);
  const passwordField = useRef<HTMLInputElement>(null);
  const codeField = useRef<HTMLInputElement>(null);
  const attempt = useMutation({
    mutationFn: signIn,
    onError: (error) => {
      if (error instanceof ApiError && error.code === NEEDS_CODE) setWithCode(true);
    },
  });

  useEffect(() => {
    if (attempt.isError) (withCode ? codeField : passwordField).current?.focus();
  }, [attempt.isError, withCode]);

  function submit(event: FormEvent) {
    event.preventDefault();
    if (login.trim() && password) {
      attempt.mutate({ login: login.trim().toLowerCase(), password, code: withCode ? code.trim() : null });
    }
  }

  const onKey = (event: KeyboardEvent) => setCapsLock(event.getModifierState('CapsLock'));
  return (
    <>
      <TopBar />
      <main id="main" className={classes.page}>
        <form className={classes.form} onSubmit={submit}>
          <h1>{t('signIn.title')}</h1>
          {(why === 'ended' || why === 'locked') && (
            <p className={classes.expired} role="status">
              ▲ {t(why === 'locked' ? 'signIn.locked' : 'signIn.expired')}
            </p>
          )}
          <TextInput
            label={t('signIn.login')}
            value={login}
            onChange={(event) => setLogin(event.currentTarget.value)}
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            maxLength={64}
            required
            autoFocus
          />
          <PasswordInput
            ref={passwordField}
            label={t('signIn.password')}
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
            onKeyUp={onKey}
            description={capsLock ? t('signIn.capsLock') : undefined}
            error={explain(attempt.error, words)}
            visibilityToggleButtonProps={{ 'aria-label': t('signIn.show') }}
            autoComplete="current-password"
            maxLength={128}
            required
          />
          {withCode && (
            <TextInput
              ref={codeField}
              label={t('signIn.code')}
              description={t('signIn.codeHint')}
              value={code}
              onChange={(event) => setCode(event.currentTarget.value)}
              autoComplete="one-time-code"
              maxLength={40}
              required
            />
          )}
          <Button type="submit" loading={attempt.isPending}>
            {t('signIn.submit')}
          </Button>
          <p className="muted">{t('signIn.hint')}</p>
        </form>
      </main>
    </>
  );
}
