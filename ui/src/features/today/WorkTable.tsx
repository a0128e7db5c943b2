import { lazy, Suspense, useCallback, useRef, useState } from 'react';
import { useLocation } from 'wouter';

import { useKeys } from '../../app/keys';
import type { Tab, WorkItem } from '../../api/types';
import { clinicToday } from '../../dates';
import { useWords } from '../../locales/language';
import { useMay } from '../session/session';
import type { RowAct } from './RowActions';
import { useRowKeys } from './useRowKeys';
import { WorkRow } from './WorkRow';
import classes from './WorkTable.module.css';

const RowActions = lazy(() => import('./RowActions'));

interface WorkTableProps {
  readonly tab: Tab;
  readonly rows: readonly WorkItem[];
}

export function WorkTable({ tab, rows }: WorkTableProps) {
  const { t } = useWords();
  const body = useRef<HTMLTableSectionElement>(null);
  useRowKeys(body);
  const [acting, setActing] = useState<{ act: RowAct; patient: string } | null>(null);
  const stop = useCallback(() => setActing(null), []);
  const [, navigate] = useLocation();
  const mayVisit = useMay('visits.write');
  const mayRead = useMay('readings.add');
  const mayAnswer = useMay('alerts.answer');
  const here = (): WorkItem | undefined =>
    rows[Array.from(body.current?.rows ?? []).findIndex((row) => row.contains(document.activeElement))];
  const start = (act: RowAct, may: boolean): void => {
    const patient = here()?.patient.id;
    if (may && patient) setActing({ act, patient });
  };
  useKeys({
    f: () => {
      const patient = here()?.patient.id;
      if (mayVisit && patient) navigate(`/patients/${patient}/visit`);
    },
    r: () => start('reading', mayRead),
    c: () => start('alert', mayAnswer),
    p: () => print(),
  });
  const today = clinicToday();
  return (
    <>
      <table className={classes.table}>
        <caption className="sr-only">{t('today.table', { group: t(`today.${tab}`) })}</caption>
        <thead>
          <tr>
            <th scope="col" className={classes.name}>{t('col.name')}</th>
            <th scope="col" className={classes.sexAge}>{t('col.sexAge')}</th>
            <th scope="col" className={classes.disease}>{t('col.disease')}</th>
            <th scope="col" className={classes.status}>{t('col.status')}</th>
            <th scope="col">{t('col.reason')}</th>
            <th scope="col" className={`${classes.bp} ${classes.number}`}>
              {t('col.bp')} <small className="muted">{t('row.unitBp')}</small>
            </th>
            <th scope="col" className={`${classes.glucose} ${classes.number}`}>
              {t('col.glucose')} <small className="muted">{t('row.unitGlucose')}</small>
            </th>
            <th scope="col" className={`${classes.due} ${classes.number}`}>{t('col.due')}</th>
          </tr>
        </thead>
        <tbody ref={body}>
          {rows.map((item, index) => (
            <WorkRow key={item.id} item={item} today={today} first={index === 0} />
          ))}
        </tbody>
      </table>
      {acting && (
        <Suspense fallback={null}>
          <RowActions {...acting} onClose={stop} />
        </Suspense>
      )}
    </>
  );
}
