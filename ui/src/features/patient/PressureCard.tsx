import { useMemo, useState } from 'react';

import { useKeys } from '../../app/keys';
import { clinicToday, localMoment, plusDays } from '../../dates';
import { Asked } from '../../kit/Asked';
import { DataTable } from '../../kit/DataTable';
import { Card, Switch } from '../../kit/Page';
import { Tag } from '../../kit/Tag';
import { type PageWords, usePageWords } from '../../locales/pages';
import { goTo, useOneOf } from '../../url';
import { ChartOrTable, type View, ViewSwitch } from '../../kit/ChartOrTable';
import { PRESSURE_DAYS, type Schemas, type Summary, usePressureSeries, useVisits } from './data';
import { boundOf, type Pressure, pressureOption, pressuresOf } from './pressure';
import { goToPlace, type Place, readingsOn, Source } from './Source';

interface PressureCardProps {
  readonly id: string;
  readonly summary: Summary;
}

/** How far back the server takes the readings of its means. */
const MEAN_DAYS = 90;

export function PressureCard({ id, summary }: PressureCardProps) {
  const { t } = usePageWords();
  const days = useOneOf('days', PRESSURE_DAYS);
  const [view, setView] = useState<View>('chart');
  const series = usePressureSeries(id);
  const visits = useVisits(id);
  useKeys({ v: () => setView((now) => (now === 'chart' ? 'table' : 'chart')) });
  return (
    <Card
      title={t('bp.title')}
      aside={
        <>
          <Switch
            label={t('bp.span')}
            options={[
              ['90', t('bp.days90')],
              ['365', t('bp.year')],
              ['1825', t('bp.years5')],
            ]}
            value={days}
            onChange={(next) => goTo({ days: next })}
          />
          <ViewSwitch title={t('bp.title')} view={view} onChange={setView} />
        </>
      }
    >
      <Asked query={series} lines={5}>
        {(data) =>
          data.series ? (
            <Pressures series={data.series} visits={visits.data?.items ?? NO_VISITS} summary={summary} view={view} />
          ) : null
        }
      </Asked>
    </Card>
  );
}

/** The record a pressure comes from: its visit, or the reading among those of its day. */
const placeOf = (row: Pressure): Place =>
  row.visit ? { show: 'visits', open: row.id } : readingsOn('blood_pressure', row.on, row.id);

const pick = (datum: unknown): void => {
  const row = (datum as { source?: Pressure } | undefined)?.source;
  if (row) goToPlace(placeOf(row));
};

const NO_VISITS: readonly Schemas['FollowupOut'][] = [];

/** The person's own target in words, as its rule prints it. */
function targetOf(summary: Summary, t: PageWords['t']): string {
  const label = (quantity: Schemas['Quantity']) => summary.targets.find((one) => one.quantity === quantity)?.label;
  const [sbp, dbp] = [label('SBP_MMHG'), label('DBP_MMHG')];
  return sbp && dbp ? t('bp.target', { value: `${sbp} / ${dbp}` }) : '';
}

function Origin({ row }: { readonly row: Pressure }) {
  const { t } = usePageWords();
  return (
    <>
      {t(row.visit ? 'bp.atVisit' : 'bp.reading')} {row.overdue && <Tag tone="time">{t('rd.calibration')}</Tag>}
    </>
  );
}

interface PressuresProps {
  readonly series: Schemas['SeriesOut'];
  readonly visits: readonly Schemas['FollowupOut'][];
  readonly summary: Summary;
  readonly view: View;
}

function Pressures({ series, visits, summary, view }: PressuresProps) {
  const { t, say } = usePageWords();
  const rows = useMemo(() => pressuresOf(series, visits), [series, visits]);
  const option = useMemo(() => {
    const target = { sbp: boundOf(summary, 'SBP_MMHG'), dbp: boundOf(summary, 'DBP_MMHG') };
    const marks = summary.medicines.filter((one) => one.on >= series.from_on);
    return pressureOption(rows, target, marks, series.emergency?.systolic_mmhg ?? null, { sbp: t('bp.systolic'), dbp: t('bp.diastolic') });
  }, [rows, summary, series.from_on, series.emergency, t]);
  const last = rows[rows.length - 1];
  if (!last) return <p className="muted">{say(series.sufficiency)}</p>;
  const means = summary.pressure;
  return (
    <>
      <p className="muted">
        {t('bp.legend', { n: series.emergency?.systolic_mmhg ?? '' })} {rows.some((row) => row.overdue) && t('bp.overdue')} {targetOf(summary, t)} {!series.sufficiency.enough && say(series.sufficiency)}
      </p>
      <ChartOrTable
        view={view}
        option={option}
        onPick={pick}
        label={t('bp.summary', { n: rows.length, value: `${last.sbp}/${last.dbp}`, at: localMoment(last.at) })}
        table={
          <DataTable
            caption={t('bp.title')}
            rows={[...rows].reverse()}
            rowKey={(row) => row.id}
            onOpen={(row) => goToPlace(placeOf(row))}
            empty={t('fact.none')}
            columns={[
              { head: t('rd.takenAt'), cell: (row) => localMoment(row.at) },
              { head: `${t('bp.title')} (mmHg)`, number: true, cell: (row) => `${row.sbp}/${row.dbp}` },
              { head: t('bp.where'), cell: (row) => <Origin row={row} /> },
            ]}
          />
        }
      />
      {means && (
        <p className="muted">
          <Source to={{ show: 'readings', act: 'blood_pressure', from: plusDays(clinicToday(), -MEAN_DAYS) }}>
            {means.office_mean_mmhg && t('bp.officeMean', { value: means.office_mean_mmhg.map(Number).join('/') })}{' '}
            {means.home_mean_mmhg && t('bp.homeMean', { value: means.home_mean_mmhg.map(Number).join('/'), days: means.home_days, n: means.home_count })}
          </Source>{' '}
          {means.home_mean_mmhg && !means.home_is_enough && t('bp.homeTooFew')}
        </p>
      )}
    </>
  );
}
