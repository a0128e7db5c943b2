import { Button } from '@mantine/core';
import { lazy, Suspense, useDeferredValue, useState } from 'react';

import { StaleNote } from '../../components/StaleNote';
import { clockTime } from '../../dates';
import { useWords } from '../../locales/language';
import { type UrlKey, useUrl } from '../../url';
import { AlertStrip } from './AlertStrip';
import { CriticalNotice } from './CriticalNotice';
import { DiseaseFilter } from './DiseaseFilter';
import { GroupTabs } from './GroupTabs';
import { filterOf, isNarrowed, useCounts, useWorkList, type WorkFilter } from './work-list';
import { WorkListBody } from './WorkListBody';
import classes from './WorkListCard.module.css';
import { WorkListFoot } from './WorkListFoot';

const WorkFilters = lazy(() => import('./WorkFilters'));

function useFilter(clinic: string): WorkFilter {
  const [tab, disease, kind, actor, state, phone, village] = [
    useUrl('tab'), useUrl('disease'), useUrl('kind'), useUrl('actor'), useUrl('state'), useUrl('phone'), useUrl('village'),
  ]; // prettier-ignore
  const read: Partial<Record<UrlKey, string | null>> = { tab, disease, kind, actor, state, phone, village };
  return filterOf(clinic, (key) => read[key] ?? null);
}

export function WorkListCard({ clinic }: { readonly clinic: string }) {
  const { t } = useWords();
  const asked = useFilter(clinic);
  const tab = useDeferredValue(asked.tab); // the tab is marked first, its rows are drawn behind it
  const filter = { ...asked, tab };
  const list = useWorkList(filter);
  const counts = useCounts(filter);
  const [asking, setAsking] = useState(false);
  const isFiltering = asking || isNarrowed(filter);
  const stale = list.isError && list.data !== undefined;
  return (
    <section className={classes.card} aria-labelledby="today-title">
      <div className={classes.head}>
        <h1 id="today-title">{t('today.title')}</h1>
        <DiseaseFilter chosen={filter.disease} />
        <Button size="compact-sm" variant="default" aria-expanded={isFiltering} onClick={() => setAsking(!isFiltering)}>
          {t('today.filter')}
        </Button>
        {list.isSuccess && (
          <span className={`${classes.updated} muted`}>
            {t('today.updatedAt', { time: clockTime(list.dataUpdatedAt) })}
          </span>
        )}
      </div>
      {isFiltering && (
        <Suspense fallback={null}>
          <WorkFilters filter={filter} onClose={() => setAsking(false)} />
        </Suspense>
      )}
      <GroupTabs
        tab={asked.tab}
        counts={counts.data}
        notices={
          <>
            <CriticalNotice clinic={clinic} />
            <AlertStrip clinic={clinic} />
            {stale && <StaleNote since={list.dataUpdatedAt} onRetry={() => void list.refetch()} />}
          </>
        }
      >
        <WorkListBody filter={filter} list={list} />
      </GroupTabs>
      <WorkListFoot list={list} />
    </section>
  );
}
