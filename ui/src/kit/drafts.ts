import { useCallback, useEffect, useState } from 'react';

/** What somebody has typed, by field; codes of a group joined by commas, a ticked box is `yes`. */
export type Draft = Readonly<Record<string, string>>;

/** Kept in this page's memory only: a lock or an ended session shows nothing of it, and brings it back to its owner. */
const kept = new Map<string, Draft>();
let owner: string | null = null;

/** Forget all, as on signing out, or when somebody else signs in. */
export const forgetDrafts = (): void => kept.clear();

/** Say who signed in; what somebody else had begun is forgotten. */
export function ownDrafts(login: string): void {
  if (owner !== null && owner !== login) kept.clear();
  owner = login;
}

export interface Editing {
  readonly draft: Draft;
  readonly set: (name: string, value: string) => void;
  readonly put: (values: Draft) => void;
  /** Begin anew, after saving or on purpose. */
  readonly reset: () => void;
  readonly touched: boolean;
  /** Was it begun before and brought back? */
  readonly restored: boolean;
}

/** Without a key nothing is kept: passwords and codes live no longer than their form. */
export function useDraft(key: string | null, initial: Draft): Editing {
  const [restored] = useState(() => key !== null && kept.has(key));
  const [typed, setTyped] = useState<Draft>(() => (key === null ? undefined : kept.get(key)) ?? {});
  const touched = Object.keys(typed).length > 0;
  useEffect(() => {
    if (!touched) return undefined;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener('beforeunload', ask);
    return () => removeEventListener('beforeunload', ask);
  }, [touched]);
  const put = useCallback(
    (values: Draft) =>
      setTyped((before) => {
        const next = { ...before, ...values };
        if (key !== null) kept.set(key, next);
        return next;
      }),
    [key],
  );
  const set = useCallback((name: string, value: string) => put({ [name]: value }), [put]);
  const reset = useCallback(() => {
    if (key !== null) kept.delete(key);
    setTyped({});
  }, [key]);
  return { draft: { ...initial, ...typed }, set, put, reset, touched, restored };
}
