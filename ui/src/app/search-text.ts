import { useSyncExternalStore } from 'react';

/** What is being searched for. Names and numbers stand in memory only, never in an address. */
const listeners = new Set<() => void>();
let current = '';

export function searchFor(text: string): void {
  current = text.normalize('NFKC').trim();
  listeners.forEach((listener) => listener());
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const useSearchText = (): string => useSyncExternalStore(subscribe, () => current);
