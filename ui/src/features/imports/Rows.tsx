import { useState } from 'react';
import { Link } from 'wouter';

import { DataTable } from '../../kit/DataTable';
import { More } from '../../kit/More';
import { Card, Switch } from '../../kit/Page';
import { Tag } from '../../kit/Tag';
import { RowVerdict as VERDICT_WORDS } from '../../locales/codes';
import { usePageWords } from '../../locales/pages';
import { type Import, type ImportRow, type RowVerdict, TONES, useImportRows, VERDICTS } from './imports';

interface RowsProps {
  readonly run: Import;
  readonly skip: ReadonlySet<number>;
  readonly onToggle: ((number: number) => void) | undefined;
}

/** The rows of one verdict at a time; the refused ones first, with field and reason. */
export function Rows({ run, skip, onToggle }: RowsProps) {
  const { t, name } = usePageWords();
  const there = VERDICTS.filter((one) => run.counts[one]);
  const [chosen, setChosen] = useState<RowVerdict | null>(null);
  const verdict = chosen && there.includes(chosen) ? chosen : (there[0] ?? 'new');
  const query = useImportRows(run.id, verdict, run.state);
  return (
    <Card
      title={t('imp.rows')}
      flush
      aside={
        <Switch
          label={t('imp.result')}
          options={there.map((one) => [one, `${name(VERDICT_WORDS, one)} ${run.counts[one]}`] as const)}
          value={verdict}
          onChange={setChosen}
        />
      }
    >
      <More<ImportRow> query={query}>
        {(rows) => (
          <DataTable
            caption={t('imp.rows')}
            rows={rows}
            rowKey={(one) => String(one.number)}
            empty={t('imp.noRows')}
            columns={[
              { head: t('imp.row'), number: true, cell: (one) => one.number },
              { head: t('imp.result'), cell: (one) => <Tag tone={TONES[one.verdict]}>{name(VERDICT_WORDS, one.verdict)}</Tag> },
              {
                head: t('col.person'),
                cell: (one) =>
                  one.patient_id ? <Link href={`/patients/${one.patient_id}`}>{one.name ?? t('imp.open')}</Link> : (one.name ?? '–'),
              },
              { head: t('imp.why'), cell: (one) => <Why row={one} /> },
              ...(onToggle && verdict === 'new'
                ? [{ head: t('imp.leaveOut'), cell: (one: ImportRow) => <LeaveOut row={one} skip={skip} onToggle={onToggle} /> }]
                : []),
            ]}
          />
        )}
      </More>
    </Card>
  );
}

/** What is wrong with its cells, and who on file it may be. */
function Why({ row }: { readonly row: ImportRow }) {
  const { t, say, has, language } = usePageWords();
  const said = (code: string, detail: string): string => {
    const key = `fault.${code}`;
    return language !== 'en' && has(key) ? t(key) : detail;
  };
  return (
    <div style={{ whiteSpace: 'normal' }}>
      {row.faults.map((one) => (
        <div key={`${one.field}${one.code}`}>
          {one.title ? say(one.title) : one.field}: {said(one.code, one.detail)}
        </div>
      ))}
      {row.likely.map((one) => (
        <div key={one.patient.id}>
          ▲ {t('imp.likely')} <Link href={`/patients/${one.patient.id}`}>{one.patient.name}</Link> ({one.score})
        </div>
      ))}
    </div>
  );
}

interface LeaveOutProps {
  readonly row: ImportRow;
  readonly skip: ReadonlySet<number>;
  readonly onToggle: (number: number) => void;
}

function LeaveOut({ row, skip, onToggle }: LeaveOutProps) {
  const { t } = usePageWords();
  return (
    <input
      type="checkbox"
      aria-label={t('imp.leaveOutRow', { n: row.number })}
      checked={skip.has(row.number)}
      onChange={() => onToggle(row.number)}
    />
  );
}
