import { lazy, Suspense, useEffect } from 'react';

import { ApiError } from '../../api/errors';
import { useSignIn } from '../../api/sign-in';
import { Shell } from '../../app/Shell';
import { ErrorState } from '../../components/ErrorState';
import { LoadingLines } from '../../components/LoadingLines';
import { useTreeEarly } from '../today/clinics';
import { forgetEverything, useMe } from './session';
import { useIdleLock } from './useIdleLock';

const ChangePasswordForm = lazy(() => import('./ChangePasswordForm'));
const SignInForm = lazy(() => import('./SignInForm'));
const UnlockForm = lazy(() => import('./UnlockForm'));

/** The pages for those who are signed in; the form for everyone else, with nothing of the last person left behind. */
export function SessionGate() {
  const signedIn = useSignIn();
  const isAway = signedIn !== 'in' && signedIn !== 'asking';
  useEffect(() => {
    if (isAway) forgetEverything();
  }, [isAway]);
  if (!isAway) return <Inside />;
  return <Suspense fallback={null}>{signedIn === 'locked' ? <UnlockForm /> : <SignInForm why={signedIn} />}</Suspense>;
}

function Inside() {
  const me = useMe();
  useTreeEarly();
  useIdleLock(me.data?.idle_seconds);
  if (me.isPending || (me.error instanceof ApiError && me.error.status === 401)) return <LoadingLines count={12} />;
  if (me.isError) return <ErrorState error={me.error} onRetry={() => void me.refetch()} />;
  if (me.data.must_change_password) {
    return (
      <Suspense fallback={<LoadingLines count={12} />}>
        <ChangePasswordForm login={me.data.login} />
      </Suspense>
    );
  }
  return <Shell />;
}
