import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';

import { ErrorState } from '../components/ErrorState';
import { LoadingLines } from '../components/LoadingLines';
import { StaleNote } from '../components/StaleNote';

interface AskedProps<T> {
  readonly query: UseQueryResult<T>;
  readonly lines?: number;
  readonly children: (data: T) => ReactNode;
}

/** What was asked of the server in its states: loading, failed or denied, old with its age, and there. */
export function Asked<T>({ query, lines = 6, children }: AskedProps<T>) {
  if (query.data === undefined) {
    if (query.isError) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
    return <LoadingLines count={lines} />;
  }
  return (
    <>
      {query.isError && <StaleNote since={query.dataUpdatedAt} onRetry={() => void query.refetch()} />}
      {children(query.data)}
    </>
  );
}
