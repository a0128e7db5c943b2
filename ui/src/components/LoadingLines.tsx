import { Skeleton } from '@mantine/core';

import { useWords } from '../locales/language';
import classes from './LoadingLines.module.css';

interface LoadingLinesProps {
  readonly count: number;
  readonly height?: number;
}

/** Grey lines in place of the content to come. */
export function LoadingLines({ count, height = 22 }: LoadingLinesProps) {
  const { t } = useWords();
  return (
    <div className={classes.lines} aria-busy="true">
      <span className="sr-only" role="status">
        {t('state.loading')}
      </span>
      {Array.from({ length: count }, (_, index) => (
        <Skeleton key={index} height={height} radius={3} />
      ))}
    </div>
  );
}
