import { useSyncExternalStore } from 'react';

/** Whether somebody is signed in, as far as this tab knows; `asking` until the server has said. */
export type SignedIn = 'asking' | 'in' | 'out' | 'ended' | 'locked';

const listeners = new Set<() => void>();
let current: SignedIn = 'asking';

export function changeSignIn(next: SignedIn): void {
  current = next;
  listeners.forEach((listener) => listener());
}

/** The server refused the session: locked, or ended. Who was never signed in is simply out. */
export function endSignIn(code: string | null): void {
  if (code === 'session-locked') changeSignIn('locked');
  else changeSignIn(current === 'in' ? 'ended' : current === 'asking' ? 'out' : current);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useSignIn(): SignedIn {
  return useSyncExternalStore(subscribe, () => current);
}
