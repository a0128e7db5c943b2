import { useEffect } from 'react';

import { ApiError } from '../../api/errors';
import { useSignIn } from '../../api/sign-in';
import { Shell } from '../../app/Shell';
import { ErrorState } from '../../components/ErrorState';
import { LoadingLines } from '../../components/LoadingLines';
import { ChangePasswordForm } from './ChangePasswordForm';
import { forgetEverything, useMe } from './session';
import { SignInForm } from './SignInForm';
import { UnlockForm } from './UnlockForm';
import { useIdleLock } from './useIdleLock';

/** The pages for those who are signed in; the form for everyone else, with nothing of the last person left behind. */
export function SessionGate() {
  const signedIn = useSignIn();
  const isAway = signedIn !== 'in' && signedIn !== 'asking';
  useEffect(() => {
    if (isAway) forgetEverything();
  }, [isAway]);
  if (signedIn === 'locked') return <UnlockForm />;
  return isAway ? <SignInForm why={signedIn} /> : <Inside />;
}

function Inside() {
  const me = useMe();
  useIdleLock(me.data?.idle_seconds);
  if (me.isPending || (me.error instanceof ApiError && me.error.status === 401)) return <LoadingLines count={12} />;
  if (me.isError) return <ErrorState error={me.error} onRetry={() => void me.refetch()} />;
  if (me.data.must_change_password) return <ChangePasswordForm login={me.data.login} />;
  return <Shell />;
}
