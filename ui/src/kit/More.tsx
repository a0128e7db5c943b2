import { Button } from '@mantine/core';
import type { InfiniteData, UseInfiniteQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';

import { ErrorState } from '../components/ErrorState';
import { LoadingLines } from '../components/LoadingLines';
import { StaleNote } from '../components/StaleNote';
import { usePageWords } from '../locales/pages';
import classes from './kit.module.css';

interface PageOf<T> {
  readonly items: T[];
  readonly next_cursor?: string | null;
}

interface MoreProps<T> {
  readonly query: UseInfiniteQueryResult<InfiniteData<PageOf<T>>>;
  readonly children: (rows: T[]) => ReactNode;
}

/** A list that comes a page at a time, in its states, with what is left to load at its foot. */
export function More<T>({ query, children }: MoreProps<T>) {
  const { t } = usePageWords();
  if (query.data === undefined) {
    if (query.isError) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
    return <LoadingLines count={8} />;
  }
  const rows = query.data.pages.flatMap((page) => page.items);
  return (
    <>
      {query.isError && <StaleNote since={query.dataUpdatedAt} onRetry={() => void query.refetch()} />}
      {children(rows)}
      {rows.length > 0 && (
        <div className={classes.foot}>
          {query.hasNextPage ? (
            <Button
              size="compact-sm"
              variant="default"
              loading={query.isFetchingNextPage}
              onClick={() => void query.fetchNextPage()}
            >
              {t('today.more')}
            </Button>
          ) : (
            <span className="muted">{t('today.end', { n: rows.length })}</span>
          )}
        </div>
      )}
    </>
  );
}

export { byCursor, cursorOf } from './cursor';
