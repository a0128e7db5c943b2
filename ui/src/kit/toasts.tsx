import { Button } from '@mantine/core';
import { useSyncExternalStore } from 'react';

import { useWords } from '../locales/language';
import classes from './kit.module.css';

interface Toast {
  readonly id: number;
  readonly text: string;
  readonly undo: (() => void) | undefined;
}

const STAYS_MS = 10_000;
const NONE: readonly Toast[] = [];
const listeners = new Set<() => void>();
let shown: readonly Toast[] = NONE;
let last = 0;

function show(next: readonly Toast[]): void {
  shown = next;
  listeners.forEach((listener) => listener());
}

const hide = (id: number): void => show(shown.filter((toast) => toast.id !== id));

/** Say that something was done; for ten seconds it can be taken back, when that is possible. */
export function notify(text: string, undo?: () => void): void {
  const id = ++last;
  show([...shown.slice(-2), { id, text, undo }]);
  setTimeout(() => hide(id), STAYS_MS);
}

export const forgetToasts = (): void => show(NONE);

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function Toasts() {
  const { t } = useWords();
  const toasts = useSyncExternalStore(subscribe, () => shown);
  return (
    <div className={classes.toasts} role="status">
      {toasts.map(({ id, text, undo }) => (
        <div key={id} className={classes.toast}>
          <span>{text.startsWith('▲') ? text : `✓ ${text}`}</span>
          {undo && (
            <Button
              size="compact-sm"
              variant="outline"
              onClick={() => {
                hide(id);
                undo();
              }}
            >
              {t('kit.undo')}
            </Button>
          )}
        </div>
      ))}
    </div>
  );
}
