import { Button } from '@mantine/core';
import { useId } from 'react';

import { Filter } from '../../kit/Filter';
import kit from '../../kit/kit.module.css';
import { TaskKind, WorkState } from '../../locales/codes';
import { usePageWords } from '../../locales/pages';
import { goTo } from '../../url';
import { useMe } from '../session/session';
import { isNarrowed, type WorkFilter } from './work-list';

interface WorkFiltersProps {
  readonly filter: WorkFilter;
  readonly onClose: () => void;
}

const NOTHING = { kind: null, actor: null, state: null, phone: null, village: null } as const;

/** What else the list can be narrowed by: kind of task, whose it is, what was put off, who cannot be called, where. */
export default function WorkFilters({ filter, onClose }: WorkFiltersProps) {
  const { t } = usePageWords();
  const me = useMe().data?.id;
  const phone = useId();
  const owners = [
    ...(me ? ([[me, t('work.mine'), t('work.mine')]] as const) : []),
    ['none', t('work.nobodys'), t('work.nobodys')],
  ] as const;
  return (
    <div className={`${kit.line} ${kit.noPrint}`} role="group" aria-label={t('today.filter')} style={{ flexWrap: 'wrap', padding: '0.25rem 0.75rem' }}>
      <Filter label={t('plan.kind')} param="kind" codes={TaskKind} />
      <Filter label={t('plan.assignee')} param="actor" codes={owners} />
      <Filter label={t('work.state')} param="state" codes={WorkState} first />
      <Filter label={t('work.village')} param="village" />
      <span className={kit.line}>
        <input
          id={phone}
          type="checkbox"
          checked={filter.noPhone}
          onChange={(event) => goTo({ phone: event.currentTarget.checked ? 'none' : null })}
        />
        <label htmlFor={phone}>{t('work.noPhone')}</label>
      </span>
      <Button
        size="compact-sm"
        variant="default"
        onClick={() => {
          if (isNarrowed(filter)) goTo(NOTHING);
          onClose();
        }}
      >
        {t('work.clear')}
      </Button>
    </div>
  );
}
