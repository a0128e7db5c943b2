import { Table } from '@mantine/core';

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
    <Table className={classes.table}>
      <caption className="sr-only">{title}</caption>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{t('rates.month')}</Table.Th>
          {rate.series.map(({ disease }) => (
            <Table.Th key={disease} className={classes.number}>
              {t(`disease.${disease}`)}
            </Table.Th>
          ))}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {[...months].reverse().map((month) => (
          <Table.Tr key={month}>
            <Table.Td>{month}</Table.Td>
            {rate.series.map(({ disease, byMonth }) => {
              const value = byMonth.get(month);
              return (
                <Table.Td key={disease} className={classes.number}>
                  {percentText(percentOf(value))}{' '}
                  <small className="muted">{value && `${value.numerator}/${value.denominator}`}</small>
                </Table.Td>
              );
            })}
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
