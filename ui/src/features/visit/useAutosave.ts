import { useCallback, useEffect, useRef, useState } from 'react';

import { ApiError } from '../../api/errors';
import type { Draft } from '../../kit/drafts';
import { formOf } from './body';
import { type DiseaseSet, forgetDraft, keepDraft } from './opening';

const PAUSE_MS = 1_500;

export type Kept = { readonly at: number } | 'failed' | null;

export interface Autosave {
  /** When the server kept what is typed last. */
  readonly kept: Kept;
  /** Keep nothing more, and wait for what is on its way: the visit is about to be recorded, or given up. */
  readonly stop: () => Promise<void>;
  /** Nothing was recorded after all: keep again what is typed. */
  readonly goOn: () => void;
  /** Forget what the server kept. */
  readonly forget: () => Promise<void>;
}

/** What is typed is kept by the server a moment after the last stroke, for this user alone. */
export function useAutosave(id: string, diseases: DiseaseSet, draft: Draft, on: boolean): Autosave {
  const [kept, setKept] = useState<Kept>(null);
  const [stopped, setStopped] = useState(false);
  const running = useRef<Promise<void>>(Promise.resolve());
  const timer = useRef<number | undefined>(undefined);
  const form = on && !stopped ? JSON.stringify(formOf(draft)) : null;
  useEffect(() => {
    if (form === null) return undefined;
    const keep = async (): Promise<void> => {
      try {
        await keepDraft(id, diseases, JSON.parse(form) as Record<string, unknown>);
        setKept({ at: Date.now() });
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        setKept('failed'); // it stays in this page's memory, and the foot of the form says so
      }
    };
    timer.current = window.setTimeout(() => (running.current = running.current.then(keep)), PAUSE_MS);
    return () => clearTimeout(timer.current);
  }, [form, id, diseases]);
  const stop = useCallback(() => {
    clearTimeout(timer.current);
    setStopped(true);
    return running.current;
  }, []);
  const goOn = useCallback(() => setStopped(false), []);
  const forget = useCallback(() => forgetDraft(id, diseases), [id, diseases]);
  return { kept, stop, goOn, forget };
}
