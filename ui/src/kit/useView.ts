import { useKeys } from '../app/keys';
import { goTo, useOneOf } from '../url';
import type { View } from './ChartOrTable';

export interface Viewing {
  readonly view: View;
  readonly onChange: (view: View) => void;
}

/** Charts or tables, for all of a page at once, as its address says; V changes it. */
export function useView(): Viewing {
  const view = useOneOf('view', ['chart', 'table']);
  return { view, onChange: (next) => goTo({ view: next === 'chart' ? null : next }) };
}

/** The page's keys: V between charts and tables, P prints. */
export function useViewKeys(): void {
  const { view, onChange } = useView();
  useKeys({ v: () => onChange(view === 'chart' ? 'table' : 'chart'), p: () => print() });
}
