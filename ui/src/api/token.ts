import { useSyncExternalStore } from 'react';

const STORAGE_KEY = 'cmc.token';
const listeners = new Set<() => void>();

export interface SignIn {
  readonly token: string | null;
  /** True when the server ended the sign-in, so that the form can say so. */
  readonly expired: boolean;
}

let current: SignIn = { token: sessionStorage.getItem(STORAGE_KEY), expired: false };

function change(next: SignIn): void {
  current = next;
  if (next.token === null) sessionStorage.removeItem(STORAGE_KEY);
  else sessionStorage.setItem(STORAGE_KEY, next.token);
  listeners.forEach((listener) => listener());
}

export const keepToken = (token: string): void => change({ token, expired: false });
export const forgetToken = (): void => change({ token: null, expired: false });
/** The server refused the token: forget it, once, and let the form say why. */
export const expireToken = (): void => {
  if (current.token !== null) change({ token: null, expired: true });
};
export const currentToken = (): string | null => current.token;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useSignIn(): SignIn {
  return useSyncExternalStore(subscribe, () => current);
}
