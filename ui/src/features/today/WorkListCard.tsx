import { Button } from '@mantine/core';
import { lazy, Suspense, useDeferredValue, useState } from 'react';

import type { Disease, Tab } from '../../api/types';
import { StaleNote } from '../../components/StaleNote';
import { clockTime } from '../../dates';
import { useWords } from '../../locales/language';
import { useUrl } from '../../url';
import { AlertStrip } from './AlertStrip';
import { CriticalNotice } from './CriticalNotice';
import { DiseaseFilter } from './DiseaseFilter';
import { GroupTabs } from './GroupTabs';
import { DISEASES, isNarrowed, TABS, useCounts, useWorkList, type WorkFilter } from './work-list';
import { WorkListBody } from './WorkListBody';
import classes from './WorkListCard.module.css';
import { WorkListFoot } from './WorkListFoot';

const WorkFilters = lazy(() => import('./WorkFilters'));

function useFilter(clinic: string): WorkFilter {
  const tab = useUrl('tab');
  const disease = useUrl('disease');
  return {
    clinic,
    tab: TABS.find((one): one is Tab => one === tab) ?? 'all',
    disease: DISEASES.find((one): one is Disease => one === disease) ?? null,
    kind: useUrl('kind'),
    assignee: useUrl('actor'),
    snoozed: useUrl('state') === 'snoozed',
    noPhone: useUrl('phone') === 'none',
    village: useUrl('village'),
  };
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
