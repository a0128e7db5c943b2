import { Button } from '@mantine/core';

import { ApiError, isDenied } from '../api/errors';
import { changeSignIn } from '../api/sign-in';
import { useWords } from '../locales/language';
import { Notice } from './Notice';

interface ErrorStateProps {
  readonly error: unknown;
  readonly onRetry: () => void;
}

/** Nothing could be shown: denied names the way out, anything else gives the request id and another try. */
export function ErrorState({ error, onRetry }: ErrorStateProps) {
  const { t } = useWords();
  if (isDenied(error)) {
    return (
      <Notice alert title={t('state.deniedTitle')} hint={t('state.deniedHint')}>
        <Button size="xs" onClick={() => changeSignIn('out')}>
          {t('state.signInAgain')}
        </Button>
      </Notice>
    );
  }
  const known = error instanceof ApiError && error.status > 0 ? error : null;
  return (
    <Notice
      alert
      title={t('state.errorTitle')}
      hint={known ? t('state.server', { status: known.status }) : t('state.network')}
    >
      {known?.requestId && <code>{t('state.requestId', { id: known.requestId })}</code>}
      <Button size="xs" onClick={onRetry}>
        {t('state.retry')}
      </Button>
    </Notice>
  );
}
