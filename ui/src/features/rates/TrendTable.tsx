import { useWords } from '../../locales/language';
import { percentOf, percentText, type Rate } from './series';
import classes from './TrendTable.module.css';

interface TrendTableProps {
  readonly rate: Rate;
  readonly title: string;
  readonly months: readonly string[];
}

/** The chart's numbers, newest first. */
export function TrendTable({ rate, title, months }: TrendTableProps) {
  const { t } = useWords();
  return (
    <table className={classes.table}>
      <caption className="sr-only">{title}</caption>
      <thead>
        <tr>
          <th scope="col">{t('rates.month')}</th>
          {rate.series.map(({ disease }) => (
            <th scope="col" key={disease} className={classes.number}>
              {t(`disease.${disease}`)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {[...months].reverse().map((month) => (
          <tr key={month}>
            <td>{month}</td>
            {rate.series.map(({ disease, byMonth }) => {
              const value = byMonth.get(month);
              return (
                <td key={disease} className={classes.number}>
                  {percentText(percentOf(value))}{' '}
                  <small className="muted">{value && `${value.numerator}/${value.denominator}`}</small>
                </td>
              );
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
