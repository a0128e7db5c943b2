import { useMemo } from 'react';

import { ErrorState } from '../../components/ErrorState';
import { LoadingLines } from '../../components/LoadingLines';
import { StaleNote } from '../../components/StaleNote';
import { clinicToday, monthOf, monthsUpTo } from '../../dates';
import { useWords } from '../../locales/language';
import { useUrl } from '../../url';
import { MonthChooser } from './MonthChooser';
import { RateCard } from './RateCard';
import classes from './RateColumn.module.css';
import { CODES, useDefinitions, useRates } from './rates';
import { ratesOf } from './series';

const MONTHS = 12;

/** The three rates of a clinic up to the chosen month. */
export function RateColumn({ clinic }: { readonly clinic: string }) {
  const { t } = useWords();
  const newest = monthOf(clinicToday());
  const asked = useUrl('period') ?? newest;
  const month = /^\d{4}-(0[1-9]|1[0-2])$/.test(asked) && asked <= newest ? asked : newest;
  const months = useMemo(() => monthsUpTo(month, MONTHS), [month]);
  const definitions = useDefinitions();
  const values = useRates(clinic, months[0] ?? month, month);
  const rates = useMemo(
    () => definitions.data && values.data && ratesOf(CODES, definitions.data.items, values.data.items),
    [definitions.data, values.data],
  );
  const failed = values.error ?? definitions.error;
  const retry = () => {
    void definitions.refetch();
    void values.refetch();
  };
  return (
    <aside className={classes.column} aria-labelledby="rates-title">
      <div className={classes.head}>
        <h2 id="rates-title">{t('rates.title')}</h2>
        <MonthChooser month={month} newest={newest} />
      </div>
      {values.isError && values.data && <StaleNote since={values.dataUpdatedAt} onRetry={retry} />}
      {rates ? (
        <div className={classes.cards}>
          {rates.map((rate) => (
            <RateCard key={rate.code} rate={rate} month={month} months={months} />
          ))}
        </div>
      ) : failed ? (
        <ErrorState error={failed} onRetry={retry} />
      ) : (
        <LoadingLines count={3} height={180} />
      )}
    </aside>
  );
}
