import type { Organisation } from '../../api/types';
import { Asked } from '../../kit/Asked';
import { DataTable, type Column } from '../../kit/DataTable';
import { Card } from '../../kit/Page';
import { Tag } from '../../kit/Tag';
import { usePageWords } from '../../locales/pages';
import { goTo, useUrl } from '../../url';
import classes from '../indicators/Indicators.module.css';
import { type ReportValue, type Schemas, useReport } from './data';

interface ValuesProps {
  readonly report: Schemas['ReportDetail'];
  readonly organisations: readonly Organisation[];
}

/** The frozen numbers of the place, or of a part of it, beside today's and those of the version before. */
export function Values({ report, organisations }: ValuesProps) {
  const former = useReport(report.replaces);
  return report.replaces === null ? (
    <Numbers report={report} organisations={organisations} former={null} />
  ) : (
    <Asked query={former} lines={12}>
      {(before) => <Numbers report={report} organisations={organisations} former={before.values} />}
    </Asked>
  );
}

interface NumbersProps extends ValuesProps {
  readonly former: readonly ReportValue[] | null;
}

const countOf = (value: { readonly numerator: number; readonly denominator: number } | undefined): string =>
  value ? `${value.numerator}/${value.denominator}` : '—';

const isSame = (a: ReportValue, b: ReportValue): boolean =>
  a.code === b.code && a.disease === b.disease && a.organisation_id === b.organisation_id;

function Numbers({ report, organisations, former }: NumbersProps) {
  const { t, say } = usePageWords();
  const wanted = useUrl('place');
  const nodes = [...new Set(report.values.map((one) => one.organisation_id))];
  const node = nodes.find((one) => one === wanted) ?? report.organisation_id;
  const placeOf = (row: ReportValue) => report.definitions.findIndex((one) => one.code === row.code && one.disease === row.disease);
  const rows = report.values.filter((one) => one.organisation_id === node).sort((a, b) => placeOf(a) - placeOf(b));
  const definitionOf = (row: ReportValue) => report.definitions.find((one) => one.code === row.code && one.disease === row.disease);
  const placeName = (id: string): string => {
    const found = organisations.find((one) => one.id === id);
    return found ? say(found.name) : id;
  };
  const before: readonly Column<ReportValue>[] =
    former === null ? [] : [{ head: t('rep.formerCount'), number: true, cell: (row) => countOf(former.find((one) => isSame(one, row))) }];
  const changed = rows.filter((row) => row.differs).length;
  return (
    <Card
      title={t('rep.values')}
      flush
      aside={
        nodes.length > 1 && (
          <label>
            <span className="muted">{t('rep.part')} </span>
            <select className={classes.select} value={node} onChange={(event) => goTo({ place: event.currentTarget.value })}>
              {nodes.map((one) => (
                <option key={one} value={one}>
                  {placeName(one)}
                </option>
              ))}
            </select>
          </label>
        )
      }
    >
      <p className={`${classes.note} muted`}>{t(changed === 0 ? 'rep.noDifference' : 'rep.differences', { n: changed })}</p>
      <DataTable
        caption={t('rep.values')}
        rows={rows}
        rowKey={(row) => `${row.code}${row.disease}`}
        empty={t('rates.noValue')}
        columns={[
          {
            head: t('ind.indicator'),
            cell: (row) => {
              const definition = definitionOf(row);
              return <span title={definition ? `${say(definition.numerator)} / ${say(definition.denominator)}` : undefined}>{definition ? say(definition.title) : row.code}</span>;
            },
          },
          { head: t('ind.code'), cell: (row) => row.code },
          { head: t('patients.disease'), cell: (row) => t(`disease.${row.disease}`) },
          { head: t('rep.frozen'), number: true, cell: (row) => (row.percent === null ? '—' : `${row.percent}%`) },
          { head: t('ind.counted'), number: true, cell: countOf },
          ...before,
          { head: t('rep.today'), number: true, cell: (row) => (row.percent_now === null ? '—' : `${row.percent_now}%`) },
          {
            head: t('rep.todayCount'),
            number: true,
            cell: (row) => (row.numerator_now === null || row.denominator_now === null ? t('rep.notCounted') : `${row.numerator_now}/${row.denominator_now}`),
          },
          { head: t('ind.mark'), cell: (row) => (row.differs ? <Tag tone="warn">{t('rep.differs')}</Tag> : '') },
          { head: t('ind.versionHead'), cell: (row) => definitionOf(row)?.version ?? '' },
        ]}
      />
    </Card>
  );
}
