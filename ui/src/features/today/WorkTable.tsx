import { Table } from '@mantine/core';
import { useRef } from 'react';

import type { Tab, WorkItem } from '../../api/types';
import { clinicToday } from '../../dates';
import { useWords } from '../../locales/language';
import { useRowKeys } from './useRowKeys';
import { WorkRow } from './WorkRow';
import classes from './WorkTable.module.css';

interface WorkTableProps {
  readonly tab: Tab;
  readonly rows: readonly WorkItem[];
}

export function WorkTable({ tab, rows }: WorkTableProps) {
  const { t } = useWords();
  const body = useRef<HTMLTableSectionElement>(null);
  useRowKeys(body);
  const today = clinicToday();
  return (
    <Table className={classes.table} stickyHeader highlightOnHover={false}>
      <caption className="sr-only">{t('today.table', { group: t(`today.${tab}`) })}</caption>
      <Table.Thead>
        <Table.Tr>
          <Table.Th className={classes.name}>{t('col.name')}</Table.Th>
          <Table.Th className={classes.sexAge}>{t('col.sexAge')}</Table.Th>
          <Table.Th className={classes.disease}>{t('col.disease')}</Table.Th>
          <Table.Th className={classes.status}>{t('col.status')}</Table.Th>
          <Table.Th>{t('col.reason')}</Table.Th>
          <Table.Th className={`${classes.bp} ${classes.number}`}>
            {t('col.bp')} <small className="muted">{t('row.unitBp')}</small>
          </Table.Th>
          <Table.Th className={`${classes.glucose} ${classes.number}`}>
            {t('col.glucose')} <small className="muted">{t('row.unitGlucose')}</small>
          </Table.Th>
          <Table.Th className={`${classes.due} ${classes.number}`}>{t('col.due')}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody ref={body}>
        {rows.map((item, index) => (
          <WorkRow key={item.id} item={item} today={today} first={index === 0} />
        ))}
      </Table.Tbody>
    </Table>
  );
}
