import { monthsUpTo } from '../../dates';
import { useWords } from '../../locales/language';
import { goTo } from '../../url';
import classes from './MonthChooser.module.css';

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
      <select
        className={classes.month}
        value={month}
        onChange={(event) => goTo({ period: event.currentTarget.value })}
      >
        {choices.map((one) => (
          <option key={one}>{one}</option>
        ))}
      </select>
    </label>
  );
}
