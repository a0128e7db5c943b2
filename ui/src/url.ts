import { useSyncExternalStore } from 'react';

/** What the address holds, so that back, reload and a pasted link give the same screen. */
export type UrlKey = 'clinic' | 'tab' | 'disease' | 'period';

type Change = Partial<Record<UrlKey, string | null>>;

const CHANGED = 'cmc:url';

function subscribe(listener: () => void): () => void {
  addEventListener('popstate', listener);
  addEventListener(CHANGED, listener);
  return () => {
    removeEventListener('popstate', listener);
    removeEventListener(CHANGED, listener);
  };
}

function withChange(change: Change): string {
  const params = new URLSearchParams(location.search);
  Object.entries(change).forEach(([key, value]) => (value ? params.set(key, value) : params.delete(key)));
  const query = params.toString();
  return query ? `?${query}` : location.pathname;
}

/** Change filters as a step the back button undoes. */
export function goTo(change: Change): void {
  history.pushState(null, '', withChange(change));
  dispatchEvent(new Event(CHANGED));
}

export function useUrl(key: UrlKey): string | null {
  return new URLSearchParams(useSyncExternalStore(subscribe, () => location.search)).get(key);
}
