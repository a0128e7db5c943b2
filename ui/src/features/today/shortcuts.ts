import { useSyncExternalStore } from 'react';

const STORAGE_KEY = 'cmc.shortcuts';
const listeners = new Set<() => void>();

let on = localStorage.getItem(STORAGE_KEY) !== 'off';

/** Letter keys can be switched off (WCAG 2.1.4); the choice stays with the browser. */
export function switchShortcuts(next: boolean): void {
  on = next;
  localStorage.setItem(STORAGE_KEY, next ? 'on' : 'off');
  listeners.forEach((listener) => listener());
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useShortcuts(): boolean {
  return useSyncExternalStore(subscribe, () => on);
}
