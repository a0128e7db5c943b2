import { useEffect, useRef, useState } from 'react';

import type { WorkItem } from '../../api/types';
import { useCriticalRows } from './work-list';

/** The critical rows that came after the page was opened, until they are dismissed. */
export function useNewCritical(clinic: string) {
  const rows = useCriticalRows(clinic).data?.items;
  const seen = useRef<Set<string> | null>(null);
  const [news, setNews] = useState<readonly WorkItem[]>([]);
  useEffect(() => {
    if (!rows) return;
    const before = seen.current;
    seen.current = new Set([...(before ?? []), ...rows.map((row) => row.id)]);
    if (before === null) return;
    const fresh = rows.filter((row) => !before.has(row.id));
    if (fresh.length > 0) setNews((old) => [...fresh, ...old]);
  }, [rows]);
  return { news, dismiss: () => setNews([]) };
}
