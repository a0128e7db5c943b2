import { createContext, useContext, useSyncExternalStore } from 'react';

/** What the address holds, so that back, reload and a pasted link give the same screen. Never a person's name or number. */
export type UrlKey =
  | 'clinic' | 'tab' | 'disease' | 'period'
  | 'state' | 'sex' | 'from' | 'to' | 'order' | 'kind' | 'days' | 'show' | 'act' | 'actor' | 'person' | 'open'
  | 'village' | 'phone' | 'level' | 'silent' | 'only'
  | 'place' | 'code' | 'bucket' | 'by' | 'set' | 'span' | 'view' | 'team'; // prettier-ignore

type Change = Partial<Record<UrlKey, string | null>>;

const CHANGED = 'cmc:url';
const MOVES = ['popstate', CHANGED, 'pushState', 'replaceState'] as const; // the last two are told by the router

function subscribe(listener: () => void): () => void {
  MOVES.forEach((name) => addEventListener(name, listener));
  return () => MOVES.forEach((name) => removeEventListener(name, listener));
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

/** Path and query of the address. */
export const useAddress = (): string => useSyncExternalStore(subscribe, () => location.pathname + location.search);

/** The query that belongs to the page that is shown: while the next page is being drawn, the last one keeps its own. */
export const ShownQuery = createContext<string | null>(null);

const never = () => () => undefined;

export function useUrl(key: UrlKey): string | null {
  const shown = useContext(ShownQuery);
  const query = useSyncExternalStore(shown === null ? subscribe : never, () => shown ?? location.search);
  return new URLSearchParams(query).get(key);
}

/** A filter of the address that is one of these, else the first. */
export function useOneOf<T extends string>(key: UrlKey, allowed: readonly [T, ...T[]]): T {
  const value = useUrl(key);
  return allowed.find((one) => one === value) ?? allowed[0];
}
