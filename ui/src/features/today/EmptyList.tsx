import { Button } from '@mantine/core';

import { Notice } from '../../components/Notice';
import { useWords } from '../../locales/language';
import { goTo } from '../../url';
import type { WorkFilter } from './work-list';

interface EmptyListProps {
  readonly filter: WorkFilter;
  readonly onRefresh: () => void;
}

/** Nothing to do here: say so and offer what is worth doing next. */
export function EmptyList({ filter: { tab, disease }, onRefresh }: EmptyListProps) {
  const { t } = useWords();
  const title = t(`empty.${tab}`);
  if (disease !== null) {
    return (
      <Notice title={title} hint={t('empty.hintFilter', { disease: t(`disease.${disease}`) })}>
        <Button size="xs" onClick={() => goTo({ disease: null })}>
          {t('empty.clearFilter')}
        </Button>
      </Notice>
    );
  }
  if (tab === 'all') {
    return (
      <Notice title={title}>
        <Button size="xs" variant="default" onClick={onRefresh}>
          {t('empty.refresh')}
        </Button>
      </Notice>
    );
  }
  const next = tab === 'soon' ? 'all' : 'soon';
  return (
    <Notice title={title} hint={t(next === 'soon' ? 'empty.hintSoon' : 'empty.hintAll')}>
      <Button size="xs" onClick={() => goTo({ tab: next })}>
        {t(next === 'soon' ? 'empty.goSoon' : 'empty.goAll')}
      </Button>
    </Notice>
  );
}
