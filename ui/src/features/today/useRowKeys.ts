import { type RefObject, useEffect } from 'react';

import { useShortcuts } from './shortcuts';

const STEPS: Readonly<Record<string, 1 | -1>> = { j: 1, k: -1, ArrowDown: 1, ArrowUp: -1 };

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.closest('input, select, textarea, [contenteditable]') !== null;

/** J/K from anywhere but a field, arrows inside the table, move the focus from row to row. */
export function useRowKeys(body: RefObject<HTMLTableSectionElement | null>): void {
  const letters = useShortcuts();
  useEffect(() => {
    function move(event: KeyboardEvent) {
      const letter = event.key.length === 1; // with Caps Lock or Shift a capital
      const step = STEPS[letter ? event.key.toLowerCase() : event.key];
      const table = body.current;
      if (step === undefined || !table || event.defaultPrevented || isTyping(event.target)) return;
      const walked = document.activeElement?.closest('tbody');
      if (walked && walked !== table) return; // of several tables the one that is walked already
      if (event.ctrlKey || event.altKey || event.metaKey) return;
      const inside = table.contains(document.activeElement);
      if (letter ? !letters : !inside) return;
      const rows = Array.from(table.rows);
      const here = rows.findIndex((row) => row === document.activeElement);
      const next = rows[Math.min(rows.length - 1, Math.max(0, here + step))];
      next?.focus();
      next?.scrollIntoView({ block: 'nearest' });
      event.preventDefault();
    }
    document.addEventListener('keydown', move);
    return () => document.removeEventListener('keydown', move);
  }, [body, letters]);
}
