import { lazy, Suspense, useEffect } from 'react';

import { queryClient } from '../../api/query-client';
import { forgetAnswers } from '../../api/revalidation';
import { useSignIn } from '../../api/token';
import { LoadingLines } from '../../components/LoadingLines';
import { SignInForm } from './SignInForm';

const TodayPage = lazy(() => import('../today/TodayPage'));

/** The pages for those who are signed in; the form for everyone else, with nothing of the last person left behind. */
export function SessionGate() {
  const { token } = useSignIn();
  useEffect(() => {
    if (token === null) {
      queryClient.clear();
      forgetAnswers();
    }
  }, [token]);
  if (token === null) return <SignInForm />;
  return (
    <Suspense fallback={<LoadingLines count={12} />}>
      <TodayPage />
    </Suspense>
  );
}
