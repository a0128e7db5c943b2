import { Button } from '@mantine/core';

import { Notice } from '../../components/Notice';
import { useWords } from '../../locales/language';
import { goTo } from '../../url';
import { isNarrowed, type WorkFilter } from './work-list';

interface EmptyListProps {
  readonly filter: WorkFilter;
  readonly onRefresh: () => void;
}

/** Nothing to do here: say so and offer what is worth doing next. */
export function EmptyList({ filter, onRefresh }: EmptyListProps) {
  const { tab, disease } = filter;
  const { t } = useWords();
  const title = t(`empty.${tab}`);
  if (isNarrowed(filter)) {
    return (
      <Notice title={title} hint={t('empty.hintNarrowed')}>
        <Button size="xs" onClick={() => goTo({ kind: null, actor: null, state: null, phone: null, village: null })}>
          {t('empty.clearNarrowed')}
        </Button>
      </Notice>
    );
  }
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
