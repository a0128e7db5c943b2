import { NativeSelect } from '@mantine/core';

import { monthsUpTo } from '../../dates';
import { useWords } from '../../locales/language';
import { goTo } from '../../url';

interface MonthChooserProps {
  readonly month: string;
  readonly newest: string;
}

const CHOICES = 24;

export function MonthChooser({ month, newest }: MonthChooserProps) {
  const { t } = useWords();
  const recent = [...monthsUpTo(newest, CHOICES)].reverse();
  const choices = recent.includes(month) ? recent : [...recent, month];
  return (
    <label>
      <span className="muted">{t('rates.period')} </span>
      <NativeSelect
        size="xs"
        display="inline-block"
        w="6.5rem"
        data={choices}
        value={month}
        onChange={(event) => goTo({ period: event.currentTarget.value })}
      />
    </label>
  );
}
