import { Button } from '@mantine/core';

import { useWords } from '../locales/language';
import { useNow } from './useNow';
import classes from './StaleNote.module.css';

interface StaleNoteProps {
  /** When the shown data came, in milliseconds. */
  readonly since: number;
  readonly onRetry: () => void;
}

/** The last update failed: the old data stays, with its age. */
export function StaleNote({ since, onRetry }: StaleNoteProps) {
  const { t } = useWords();
  const seconds = Math.max(0, Math.round((useNow(5_000) - since) / 1000));
  const age =
    seconds < 60 ? t('state.ageSeconds', { n: seconds }) : t('state.ageMinutes', { n: Math.round(seconds / 60) });
  return (
    <div className={classes.note} role="status">
      <span>▲ {t('state.stale', { age })}</span>
      <Button size="compact-xs" variant="outline" onClick={onRetry}>
        {t('state.retry')}
      </Button>
    </div>
  );
}
