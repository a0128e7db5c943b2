import { useMemo, useState } from 'react';

import { useKeys } from '../../app/keys';
import { clinicToday, localMoment, plusDays } from '../../dates';
import { Asked } from '../../kit/Asked';
import { DataTable } from '../../kit/DataTable';
import { Card, Switch } from '../../kit/Page';
import { GlucosePeriod } from '../../locales/codes';
import { glucoseText } from '../../kit/values';
import { usePageWords } from '../../locales/pages';
import { goTo, useOneOf } from '../../url';
import { ChartOrTable, type View, ViewSwitch } from '../../kit/ChartOrTable';
import { type Schemas, type Summary, useCgm, useProfile } from './data';
import { agpOption, periodsOf, periodsOption } from './glucose';
import { goToPlace, type Place, readingsOn, Source } from './Source';
import { TimeInRange } from './TimeInRange';

interface GlucoseCardProps {
  readonly id: string;
  readonly summary: Summary;
}

const PERIOD_DAYS = 90;
const SENSOR_DAYS = 14;

const glucoseSince = (days: number): Place => ({
  show: 'readings', act: 'glucose', from: plusDays(clinicToday(), -days),
}); // prettier-ignore

export function GlucoseCard({ id, summary }: GlucoseCardProps) {
  const { t } = usePageWords();
  const mode = useOneOf('kind', ['period', 'agp']);
  const [view, setView] = useState<View>('chart');
  useKeys({ v: () => setView((now) => (now === 'chart' ? 'table' : 'chart')) });
  return (
    <Card
      title={t('glu.title')}
      aside={
        <>
          <Switch
            label={t('glu.mode')}
            options={[
              ['period', t('glu.byPeriod')],
              ['agp', t('glu.agp')],
            ]}
            value={mode}
            onChange={(kind) => goTo({ kind })}
          />
          <ViewSwitch title={t('glu.title')} view={view} onChange={setView} />
        </>
      }
    >
      {summary.glucose && (
        <p className="muted">
          <Source to={readingsOn('glucose', localMoment(summary.glucose.last_at).slice(0, 10))}>
            {t('glu.last', { value: glucoseText(summary.glucose.last_mmol_l) })}
          </Source>{' '}
          <Source to={glucoseSince(PERIOD_DAYS)}>
            {t('glu.meanOf', { mean: glucoseText(summary.glucose.mean_mmol_l), n: summary.glucose.count })}
          </Source>
        </p>
      )}
      {mode === 'agp' ? <Agp id={id} view={view} /> : <ByPeriod id={id} view={view} hasOthers={summary.glucose !== null} />}
    </Card>
  );
}

interface ModeProps {
  readonly id: string;
  readonly view: View;
}

function ByPeriod({ id, view, hasOthers }: ModeProps & { readonly hasOthers: boolean }) {
  const profile = useProfile(id, PERIOD_DAYS);
  return (
    <Asked query={profile} lines={5}>
      {(data) => <Periods profile={data} view={view} hasOthers={hasOthers} />}
    </Asked>
  );
}

interface ProfileProps {
  readonly profile: Schemas['GlucoseProfileOut'];
  readonly view: View;
  /** There are values, if not of a meter: those of a sensor. */
  readonly hasOthers: boolean;
}

const ORDER = GlucosePeriod.map((code) => code[0]);

function Periods({ profile, view, hasOthers }: ProfileProps) {
  const { t, say, name } = usePageWords();
  const rows = useMemo(() => periodsOf(profile, ORDER), [profile]);
  const option = useMemo(
    () =>
      periodsOption(
        rows,
        rows.map(({ period, spread }) => `${name(GlucosePeriod, period)}\nn=${spread.count}`),
      ),
    [rows, name],
  );
  if (rows.length === 0) return <p className="muted">{hasOthers ? t('glu.sensorOnly') : say(profile.sufficiency)}</p>;
  return (
    <>
      {!profile.sufficiency.enough && <p>▲ {say(profile.sufficiency)}</p>}
      <ChartOrTable
        view={view}
        option={option}
        onPick={() => goToPlace(glucoseSince(PERIOD_DAYS))}
        label={t('glu.summaryPeriods', { n: rows.length, days: profile.span.days })}
        table={
          <DataTable
            caption={t('glu.byPeriod')}
            rows={rows}
            rowKey={(row) => row.period}
            onOpen={() => goToPlace(glucoseSince(PERIOD_DAYS))}
            empty={t('fact.none')}
            columns={[
              { head: t('glu.period'), cell: (row) => name(GlucosePeriod, row.period) },
              { head: 'n', number: true, cell: (row) => row.spread.count },
              { head: t('glu.median'), number: true, cell: (row) => glucoseText(row.spread.median_mmol_l) },
              { head: t('glu.mean'), number: true, cell: (row) => (row.spread.mean_mmol_l === null ? '–' : glucoseText(row.spread.mean_mmol_l)) },
              { head: t('glu.least'), number: true, cell: (row) => glucoseText(row.spread.least_mmol_l) },
              { head: t('glu.greatest'), number: true, cell: (row) => glucoseText(row.spread.greatest_mmol_l) },
            ]}
          />
        }
      />
    </>
  );
}

/** The curve of the sensor's values; those of a meter are never mixed with them. */
function Agp({ id, view }: ModeProps) {
  const { t, say } = usePageWords();
  const cgm = useCgm(id, SENSOR_DAYS);
  const option = useMemo(() => cgm.data && agpOption(cgm.data), [cgm.data]);
  return (
    <Asked query={cgm} lines={4}>
      {(data) => (
        <>
          {!data.sufficiency.enough && (
            <p role="status">
              ▲ {t('glu.insufficient')} {say(data.sufficiency)}{' '}
              {data.active_percent ? t('glu.active', { n: Number(data.active_percent.toFixed(1)) }) : ''}
            </p>
          )}
          {data.sufficiency.enough && option && (
            <ChartOrTable
              view={view}
              option={option}
              label={t('glu.summaryAgp', { days: data.span.days, n: Number((data.active_percent ?? 0).toFixed(1)) })}
              table={<SlotTable slots={data.slots} />}
            />
          )}
          {data.shares && <TimeInRange cgm={data} shares={data.shares} />}
          {data.shares && (
            <Source to={{ show: 'readings', act: 'glucose', from: data.span.from_on, to: data.span.to_on }}>
              {t('glu.values')}
            </Source>
          )}
        </>
      )}
    </Asked>
  );
}

function SlotTable({ slots }: { readonly slots: readonly Schemas['SlotOut'][] }) {
  const { t } = usePageWords();
  const clock = (minute: number) => `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
  return (
    <DataTable
      caption={t('glu.agp')}
      rows={slots}
      rowKey={(slot) => String(slot.from_minute)}
      empty={t('fact.none')}
      columns={[
        { head: t('glu.time'), cell: (slot) => clock(slot.from_minute) },
        { head: 'n', number: true, cell: (slot) => slot.spread.count },
        ...['5', '25', '50', '75', '95'].map((one) => ({
          head: `${one}%`, number: true,
          cell: (slot: Schemas['SlotOut']) => slot.spread.percentiles_mmol_l?.[one] ?? '–',
        })),
      ]}
    />
  ); // prettier-ignore
}
