import { ErrorState } from '../../components/ErrorState';
import { LoadingLines } from '../../components/LoadingLines';
import { EmptyList } from './EmptyList';
import type { useWorkList, WorkFilter } from './work-list';
import { WorkTable } from './WorkTable';

interface WorkListBodyProps {
  readonly filter: WorkFilter;
  readonly list: ReturnType<typeof useWorkList>;
}

/** The list in whichever of its states it is. */
export function WorkListBody({ filter, list }: WorkListBodyProps) {
  const retry = () => void list.refetch();
  if (list.isPending) return <LoadingLines count={14} />;
  if (!list.data) return <ErrorState error={list.error} onRetry={retry} />;
  const rows = list.data.pages.flatMap((page) => page.items);
  if (rows.length === 0) return <EmptyList filter={filter} onRefresh={retry} />;
  return <WorkTable tab={filter.tab} rows={rows} />;
}
