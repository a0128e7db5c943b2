import { Button } from '@mantine/core';
import { Fragment } from 'react';

import { Link } from '../../kit/Link';
import { localMoment } from '../../dates';
import kit from '../../kit/kit.module.css';
import { Tag } from '../../kit/Tag';
import { Disease } from '../../locales/codes';
import { usePageWords } from '../../locales/pages';
import { Judged } from '../patient/VisitsPanel';
import { compared, type VisitColumn } from './columns';
import classes from './Visits.module.css';

interface SideBySideProps {
  readonly id: string;
  readonly columns: readonly VisitColumn[];
  readonly chosen: readonly string[];
  readonly mayWrite: boolean;
  readonly onChoose: (encounter: string) => void;
  readonly onHistory: (encounter: string) => void;
}

/** A column for each visit, the rows of the form in the order of the paper. */
export function SideBySide({ id, columns, chosen, mayWrite, onChoose, onHistory }: SideBySideProps) {
  const words = usePageWords();
  const { t } = words;
  return (
    <div className={kit.scroll} role="group" aria-label={t('nav.visits')} tabIndex={0}>
      <table className={`${kit.table} ${classes.beside}`}>
        <caption className="sr-only">{t('nav.visits')}</caption>
        <thead>
          <tr>
            <th scope="col">{t('visit.on')}</th>
            {columns.map((column) => (
              <th key={column.encounter.encounter_id} scope="col">
                <label className={kit.choice}>
                  <input
                    type="checkbox"
                    className={kit.noPrint}
                    disabled={column.isWithdrawn}
                    checked={chosen.includes(column.encounter.encounter_id)}
                    onChange={() => onChoose(column.encounter.encounter_id)}
                  />
                  <span>{column.on}</span>
                </label>
                <Marks column={column} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <JudgedRows columns={columns} />
          <tr className={kit.noPrint}>
            <th scope="row">{t('visits.acts')}</th>
            {columns.map(({ encounter: { encounter_id, version }, on, isWithdrawn }) => (
              <td key={encounter_id}>
                <span className={kit.line}>
                  <Button
                    size="compact-xs"
                    variant="default"
                    aria-label={`${t('visits.versions', { n: version })} ${on}`}
                    onClick={() => onHistory(encounter_id)}
                  >
                    {t('visits.versions', { n: version })}
                  </Button>
                  {mayWrite && !isWithdrawn && (
                    <Link href={`/patients/${id}/visit?open=${encounter_id}`} aria-label={`${t('fact.correct')} ${on}`}>
                      {t('fact.correct')}
                    </Link>
                  )}
                </span>
              </td>
            ))}
          </tr>
          {compared(columns, words).map(({ part, rows }) => (
            <Fragment key={part.title}>
              <tr>
                <th colSpan={columns.length + 1} scope="colgroup" className={classes.part}>
                  {t(part.title)}
                </th>
              </tr>
              {rows.map(({ field, label, cells }) => (
                <tr key={field.name}>
                  <th scope="row">{label}</th>
                  {cells.map((cell, index) => (
                    <td key={columns[index]?.encounter.encounter_id}>{cell}</td>
                  ))}
                </tr>
              ))}
            </Fragment>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Marks({ column }: { readonly column: VisitColumn }) {
  const { t } = usePageWords();
  const [first] = column.encounter.followups;
  return (
    <span className={kit.line}>
      {column.isWithdrawn && <Tag tone="ended">{t('visits.withdrawn')}</Tag>}
      {!column.isWithdrawn && column.encounter.version > 1 && <Tag tone="plain">{t('visits.corrected')}</Tag>}
      {first?.entered_another_day && (
        <span title={localMoment(first.entered_at)}>
          <Tag tone="time">{t('visit.late')}</Tag>
        </span>
      )}
    </span>
  );
}

/** Class, action and next date of each disease, as judged when the visit was saved. */
function JudgedRows({ columns }: { readonly columns: readonly VisitColumn[] }) {
  const { t, say, name } = usePageWords();
  const diseases = Disease.map((code) => code[0]).filter((one) =>
    columns.some(({ encounter }) => encounter.followups.some((record) => record.disease === one)),
  );
  return diseases.map((disease) => (
    <tr key={disease}>
      <th scope="row">
        {name(Disease, disease)} · {t('visit.judged')}
      </th>
      {columns.map(({ encounter }) => {
        const judgement = encounter.followups.find((one) => one.disease === disease)?.judgement;
        return (
          <td key={encounter.encounter_id}>
            {judgement && (
              <>
                <Judged judgement={judgement} />
                <div>{say(judgement.action_text)}</div>
                <div className="muted">
                  {t('visit.next')} {judgement.next_visit_on}
                </div>
              </>
            )}
          </td>
        );
      })}
    </tr>
  ));
}
