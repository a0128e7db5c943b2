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
  const choice = (one: Organisation) => (
    <option key={one.id} value={one.id}>
      {say(one.name)}
    </option>
  );
  return (
    <select
      aria-label={t('bar.clinic')}
      className={classes.clinic}
      value={chosen.id}
      onChange={(event) => goTo({ clinic: event.currentTarget.value, place: null })}
    >
      {parents.map((parent) => (
        <optgroup key={parent.id} label={say(parent.name)}>
          {clinics.filter((one) => one.parent_id === parent.id).map(choice)}
        </optgroup>
      ))}
      {clinics.filter((one) => one.parent_id === null || !known.has(one.parent_id)).map(choice)}
    </select>
  );
}
