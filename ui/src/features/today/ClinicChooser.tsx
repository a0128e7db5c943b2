import { NativeSelect } from '@mantine/core';

import type { Organisation } from '../../api/types';
import { useWords } from '../../locales/language';
import { goTo } from '../../url';
import classes from './ClinicChooser.module.css';

interface ClinicChooserProps {
  readonly clinics: readonly Organisation[];
  readonly organisations: readonly Organisation[];
  readonly chosen: Organisation;
}

/** The clinics under the names of their districts. */
export function ClinicChooser({ clinics, organisations, chosen }: ClinicChooserProps) {
  const { t, say } = useWords();
  const parents = organisations.filter((parent) => clinics.some((one) => one.parent_id === parent.id));
  const known = new Set(parents.map((parent) => parent.id));
  const choice = (one: Organisation) => ({ value: one.id, label: say(one.name) });
  const groups = parents.map((parent) => ({
    group: say(parent.name),
    items: clinics.filter((one) => one.parent_id === parent.id).map(choice),
  }));
  const others = clinics.filter((one) => one.parent_id === null || !known.has(one.parent_id)).map(choice);
  return (
    <NativeSelect
      size="xs"
      aria-label={t('bar.clinic')}
      classNames={{ input: classes.input ?? '', section: classes.section ?? '' }}
      data={[...groups, ...others]}
      value={chosen.id}
      onChange={(event) => goTo({ clinic: event.currentTarget.value })}
    />
  );
}
