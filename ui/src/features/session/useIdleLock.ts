import { useIdle } from '@mantine/hooks';
import { useEffect } from 'react';

import { lock } from './session';

const LONGEST_SECONDS = 600;

/** Lock the screen when nobody has touched it for ten minutes, or sooner if the server asks for it. */
export function useIdleLock(seconds: number | undefined): void {
  const isIdle = useIdle(Math.min(seconds ?? LONGEST_SECONDS, LONGEST_SECONDS) * 1000, { initialState: false });
  const isSignedIn = seconds !== undefined;
  useEffect(() => {
    if (isIdle && isSignedIn) lock().catch(() => undefined); // away from the server: the page is closed all the same
  }, [isIdle, isSignedIn]);
}
