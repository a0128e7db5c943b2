import { Button } from '@mantine/core';
import { lazy, Suspense, useCallback, useDeferredValue, useRef, useState } from 'react';
import { navigate } from 'wouter/use-browser-location';

import { useKeys } from '../../app/keys';
import type { Tab, WorkItem } from '../../api/types';
import { clinicToday } from '../../dates';
import { useWords } from '../../locales/language';
import { useMay, useMe } from '../session/session';
import type { RowAct } from './RowActions';
import type { Act } from './TaskActs';
import { useRowKeys } from './useRowKeys';
import { WorkRow } from './WorkRow';
import classes from './WorkTable.module.css';

const TaskActs = lazy(() => import('./TaskActs'));
const RowActions = lazy(() => import('./RowActions'));

interface WorkTableProps {
  readonly tab: Tab;
  readonly rows: readonly WorkItem[];
}

const ACTS: readonly Act['kind'][] = ['assign', 'give', 'release', 'snooze', 'done'];
const NOBODY: ReadonlySet<string> = new Set();

/** Rows that fill a window are painted first, the others behind them. */
const AT_FIRST = 16;

function toggled(before: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const after = new Set(before);
  if (!after.delete(id)) after.add(id);
  return after;
}

export function WorkTable({ tab, rows }: WorkTableProps) {
  const { t } = useWords();
  const body = useRef<HTMLTableSectionElement>(null);
  useRowKeys(body);
  const [acting, setActing] = useState<{ act: RowAct; patient: string } | null>(null);
  const stop = useCallback(() => setActing(null), []);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(NOBODY);
  const [act, setAct] = useState<Act | null>(null);
  const toggle = useCallback((id: string) => setChosen((before) => toggled(before, id)), []);
  const me = useMe().data?.id;
  const mayVisit = useMay('visits.write');
  const mayRead = useMay('readings.add');
  const mayAnswer = useMay('alerts.answer');
  const here = (): WorkItem | undefined =>
    rows[Array.from(body.current?.rows ?? []).findIndex((row) => row.contains(document.activeElement))];
  const start = (act: RowAct, may: boolean): void => {
    const patient = here()?.patient.id;
    if (may && patient) setActing({ act, patient });
  };
  /** The chosen rows, or without any the one that has the focus. */
  const picked = (): readonly WorkItem[] => {
    const ticked = rows.filter((row) => chosen.has(row.id));
    const row = here();
    return ticked.length > 0 ? ticked : row ? [row] : [];
  };
  const begin = (kind: Act['kind']): void => {
    const items = picked();
    if (mayVisit && items.length > 0) setAct({ kind, items });
  };
  const ended = useCallback(() => {
    setAct(null);
    setChosen(NOBODY);
  }, []);
  const left = useCallback(() => setAct(null), []);
  useKeys({
    x: () => {
      const row = here();
      if (mayVisit && row) toggle(row.id);
    },
    a: () => begin('assign'),
    s: () => begin('snooze'),
    d: () => begin('done'),
    f: () => {
      const patient = here()?.patient.id;
      if (mayVisit && patient) navigate(`/patients/${patient}/visit`);
    },
    r: () => start('reading', mayRead),
    c: () => start('alert', mayAnswer),
    p: () => print(),
  });
  const drawn = useDeferredValue(rows, rows.slice(0, AT_FIRST));
  const today = clinicToday();
  const count = rows.reduce((sum, row) => sum + (chosen.has(row.id) ? 1 : 0), 0);
  return (
    <>
      {count > 0 && (
        <div className={classes.bulk} role="group" aria-label={t('work.chosen', { n: count })}>
          <strong>{t('work.chosen', { n: count })}</strong>
          {ACTS.map((kind) => (
            <Button key={kind} size="compact-sm" variant="default" onClick={() => begin(kind)}>
              {t(`work.${kind}`)}
            </Button>
          ))}
          <Button size="compact-sm" variant="subtle" onClick={() => setChosen(NOBODY)}>
            {t('work.none')}
          </Button>
        </div>
      )}
      <table className={classes.table}>
        <caption className="sr-only">{t('today.table', { group: t(`today.${tab}`) })}</caption>
        <thead>
          <tr>
            <th scope="col" className={classes.choose}>
              <span className="sr-only">{t('col.choose')}</span>
            </th>
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
          {drawn.map((item, index) => (
            <WorkRow
              key={item.id}
              item={item}
              today={today}
              first={index === 0}
              chosen={chosen.has(item.id)}
              onToggle={mayVisit ? toggle : undefined}
              me={me}
            />
          ))}
        </tbody>
      </table>
      {act && (
        <Suspense fallback={null}>
          <TaskActs act={act} onDone={ended} onClose={left} />
        </Suspense>
      )}
      {acting && (
        <Suspense fallback={null}>
          <RowActions {...acting} onClose={stop} />
        </Suspense>
      )}
    </>
  );
}
