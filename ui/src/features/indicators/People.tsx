import { useState } from 'react';
import { navigate } from 'wouter/use-browser-location';

import { useKeys } from '../../app/keys';
import { DataTable, focusedRow } from '../../kit/DataTable';
import { usePageWords } from '../../locales/pages';
import { useMay } from '../session/session';
import type { Asking, Bucket, Definition, Schemas } from './data';
import classes from './Indicators.module.css';
import { ToWorkList } from './ToWorkList';

type Person = Schemas['IndicatorPerson'];

interface PeopleProps {
  readonly rows: readonly Person[];
  readonly bucket: Bucket;
  readonly total: number;
  readonly definition: Definition;
  readonly asking: Asking;
}

/** Everybody on one side of a number, with the reason; who is chosen can be put on today's work. */
export function People({ rows, bucket, total, definition, asking }: PeopleProps) {
  const { t, say } = usePageWords();
  const mayPlan = useMay('visits.write');
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const toggle = (id: string): void => setChosen(chosen.includes(id) ? chosen.filter((one) => one !== id) : [...chosen, id]);
  const rowKey = (row: Person): string => `${row.patient?.id ?? ''}${row.clinic_id}${rows.indexOf(row)}`;
  useKeys({
    x: () => {
      const at = focusedRow();
      const id = rows.find((row) => rowKey(row) === at)?.patient?.id;
      if (mayPlan && id) toggle(id);
    },
  });
  return (
    <>
      <div className={`${classes.note} ${classes.toWork}`}>
        <span className="muted">{t('ind.total', { n: total })}</span>
        {mayPlan && (
          <ToWorkList
            asking={asking}
            bucket={bucket}
            chosen={chosen}
            all={rows.flatMap((row) => row.patient?.id ?? [])}
            onChoose={setChosen}
          />
        )}
      </div>
      <DataTable
        caption={t('ind.behind.title')}
        rows={rows}
        rowKey={rowKey}
        onOpen={rows.length > 0 ? (row) => row.patient && navigate(`/patients/${row.patient.id}`) : undefined}
        empty={t(`ind.empty.${bucket}`)}
        columns={[
          ...(mayPlan
            ? [
                {
                  head: t('plan.choose'),
                  cell: ({ patient }: Person) =>
                    patient && (
                      <input
                        type="checkbox"
                        aria-label={`${t('plan.choose')} ${patient.name}`}
                        checked={chosen.includes(patient.id)}
                        onChange={() => toggle(patient.id)}
                      />
                    ),
                },
              ]
            : []),
          {
            head: t('col.person'),
            cell: ({ patient }) =>
              patient ? `${patient.name} ${t(`sex.${patient.sex}`)} ${t('row.age', { n: patient.age })}` : t('ind.elsewhere'),
          },
          { head: t('col.phone'), cell: ({ patient }) => patient?.phone ?? t('row.noPhone') },
          ...(definition.counts_amounts
            ? [{ head: t('ind.counted'), number: true, cell: (row: Person) => (row.amounts ? `${row.amounts.met}/${row.amounts.due}` : '—') }]
            : []),
          ...(bucket === 'numerator'
            ? []
            : [
                {
                  head: t('ind.reasons'),
                  cell: ({ reasons }: Person) => (
                    <ul className={classes.reasons}>
                      {reasons.map((reason) => (
                        <li key={reason.code}>{say(reason.text)}</li>
                      ))}
                    </ul>
                  ),
                },
              ]),
        ]}
      />
    </>
  );
}
