import { Button } from '@mantine/core';

import { useWords } from '../../locales/language';
import { switchShortcuts, useShortcuts } from './shortcuts';
import type { useWorkList } from './work-list';
import classes from './WorkListCard.module.css';

interface WorkListFootProps {
  readonly list: ReturnType<typeof useWorkList>;
}

/** More rows, and whether the letter keys work. */
export function WorkListFoot({ list }: WorkListFootProps) {
  const { t } = useWords();
  const shortcuts = useShortcuts();
  const shown = list.data?.pages.reduce((sum, page) => sum + page.items.length, 0) ?? 0;
  return (
    <div className={classes.foot}>
      {list.hasNextPage && (
        <Button
          size="compact-sm"
          variant="light"
          disabled={list.isFetchingNextPage}
          onClick={() => void list.fetchNextPage()}
        >
          {t(list.isFetchingNextPage ? 'today.loadingMore' : 'today.more')}
        </Button>
      )}
      {!list.hasNextPage && shown > 0 && <span className="muted">{t('today.end', { n: shown })}</span>}
      <span className={`${classes.keys} muted`}>{shortcuts && t('today.keys')}</span>
      <Button size="compact-xs" variant="subtle" onClick={() => switchShortcuts(!shortcuts)}>
        {t(shortcuts ? 'today.keysOff' : 'today.keysOn')}
      </Button>
    </div>
  );
}
