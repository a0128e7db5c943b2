import { Tabs } from '@mantine/core';

import type { ReactNode } from 'react';

import type { Counts, Tab } from '../../api/types';
import { useWords } from '../../locales/language';
import { goTo } from '../../url';
import classes from './GroupTabs.module.css';
import { TABS } from './work-list';

interface GroupTabsProps {
  readonly tab: Tab;
  readonly counts: Counts | undefined;
  /** Above the panel, whichever tab is open. */
  readonly notices: ReactNode;
  readonly children: ReactNode;
}

function countClass(tab: Tab, count: number): string {
  const urgent = count > 0 && (tab === 'critical' || tab === 'overdue') ? classes[tab] : '';
  return `${classes.count} ${urgent}`;
}

export function GroupTabs({ tab, counts, notices, children }: GroupTabsProps) {
  const { t } = useWords();
  return (
    <Tabs
      value={tab}
      onChange={(next) => goTo({ tab: next })}
      classNames={{ root: classes.root ?? '', tab: classes.tab ?? '', panel: classes.panel ?? '' }}
    >
      <Tabs.List aria-label={t('today.group')}>
        {TABS.map((one) => (
          <Tabs.Tab key={one} value={one}>
            {t(`today.${one}`)}
            <span className={countClass(one, counts?.[one] ?? 0)}>{counts?.[one] ?? '…'}</span>
          </Tabs.Tab>
        ))}
      </Tabs.List>
      {notices}
      <Tabs.Panel value={tab}>{children}</Tabs.Panel>
    </Tabs>
  );
}
