import { useEffect, useRef } from 'react';

import { useShortcuts } from '../features/today/shortcuts';

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.closest('input, select, textarea, dialog, [contenteditable]') !== null;

export type Keys = Readonly<Record<string, () => void>>;

const SEQUENCE_MS = 1_500;

/**
 * Letter keys of a page, off while somebody types and when switched off (WCAG 2.1.4). A key of two letters, such as
 * `g p`, is pressed one after the other.
 */
export function useKeys(keys: Keys): void {
  const on = useShortcuts();
  const current = useRef(keys);
  useEffect(() => {
    current.current = keys;
  });
  useEffect(() => {
    if (!on) return undefined;
    let first = '';
    let since = 0;
    function press(event: KeyboardEvent): void {
      if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented || isTyping(event.target)) return;
      const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
      const isSecond = first !== '' && event.timeStamp - since < SEQUENCE_MS;
      // after G a letter is the second of a sequence, also where another part of the page knows the sequence
      const act = isSecond && first === 'g' ? current.current[`g ${key}`] : current.current[key];
      first = key;
      since = event.timeStamp;
      if (!act) return;
      event.preventDefault();
      act();
    }
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, [on]);
}
