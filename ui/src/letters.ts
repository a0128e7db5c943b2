import { useSyncExternalStore } from 'react';

export const LETTERS = ['normal', 'large', 'larger'] as const;
export type Letters = (typeof LETTERS)[number];

const STORAGE_KEY = 'cmc.letters';
const SIZES: Readonly<Record<Letters, string>> = { normal: '', large: '114%', larger: '129%' };
const listeners = new Set<() => void>();

let current: Letters = LETTERS.find((one) => one === localStorage.getItem(STORAGE_KEY)) ?? 'normal';

const apply = (): void => {
  document.documentElement.style.fontSize = SIZES[current];
};
apply();

/** How large the letters are; everything grows with them. The choice stays with the browser. */
export function setLetters(next: Letters): void {
  current = next;
  localStorage.setItem(STORAGE_KEY, next);
  apply();
  listeners.forEach((listener) => listener());
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const useLetters = (): Letters => useSyncExternalStore(subscribe, () => current);
