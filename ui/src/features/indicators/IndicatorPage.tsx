import { Button } from '@mantine/core';
import { useParams } from 'wouter';

import { Notice } from '../../components/Notice';
import type { Organisation } from '../../api/types';
import { Asked } from '../../kit/Asked';
import { ViewSwitch } from '../../kit/ChartOrTable';
import { More } from '../../kit/More';
import { Card, Page, Switch } from '../../kit/Page';
import { useView, useViewKeys } from '../../kit/useView';
import { Right } from '../../locales/codes';
import { usePageWords } from '../../locales/pages';
import { goTo, useOneOf, useUrl } from '../../url';
import { percentOf, percentText } from '../rates/series';
import { Change } from '../rates/Change';
import { MonthChooser } from '../rates/MonthChooser';
import { useDefinitions } from '../rates/rates';
import { useMay } from '../session/session';
import { changeIn } from './change';
import { type Asking, countOf, type Counts, type Definition, inMonths, NO_TEAM, type Schemas, type Span, useBreakdown, useGoalOf, useMonth, usePeople, useValues, type Value } from './data';
import { TrendOf } from './HeadlineCard';
import classes from './Indicators.module.css';
import { DiseaseSwitch } from './NumbersPage';
import { OtherPeriods } from './OtherPeriods';
import { People } from './People';
import { usePlace } from './place';
import { SpanSwitch } from './SpanSwitch';
import { DefinitionWords, FewMark, intervalText } from './Words';

/** One number: what it is, how it moved, and everybody on each of its sides with the reason. */
export default function IndicatorPage() {
  const { t } = usePageWords();
  const { code = '' } = useParams<{ code: string }>();
  const { query, place } = usePlace();
  const definitions = useDefinitions();
  const disease = useOneOf('disease', ['HTN', 'T2DM']);
  const known = definitions.data?.items.filter((one) => one.code === code) ?? [];
  const definition = known.find((one) => one.disease === disease) ?? known[0];
  if (definitions.data && !definition) return <Notice page title={t('ind.unknown', { code })} hint={t('ind.unknownHint')} />;
  return (
    <Asked query={query}>
      {() => (
        <Asked query={definitions}>
          {() =>
            place && definition ? (
              <Number key={place.id} definition={definition} place={place} hasBoth={known.length > 1} />
            ) : (
              <Notice page title={t('state.noClinics')} hint={t('state.noClinicsHint')} />
            )
          }
        </Asked>
      )}
    </Asked>
  );
}

interface NumberProps {
  readonly definition: Definition;
  readonly place: Organisation;
  readonly hasBoth: boolean;
}

function Number({ definition, place, hasBoth }: NumberProps) {
  const { t, say } = usePageWords();
  const { month, months, newest, span } = useMonth(definition.spans);
  const { code, disease } = definition;
  const values = useValues(place.id, months, span, disease, code);
  const sees = useMay('people.read');
  const named = useUrl('team');
  const team = place.kind === 'clinic' && sees ? named : null;
  const { view, onChange } = useView();
  useViewKeys();
  const title = say(definition.title);
  const goal = useGoalOf(place.id, month)(definition);
  return (
    <Page
      landscape
      title={`${title} · ${say(place.name)}`}
      aside={
        <>
          {hasBoth && <DiseaseSwitch disease={disease} />}
          <SpanSwitch span={span} spans={definition.spans} />
          <MonthChooser month={month} newest={newest} />
        </>
      }
    >
      <Asked query={values}>
        {({ items }) => {
          const byMonth = inMonths(items, months);
          const value = byMonth[byMonth.length - 1];
          return (
            <>
              <div className={classes.halves}>
                <Card title={t('ind.trend')} aside={<ViewSwitch title={title} view={view} onChange={onChange} />}>
                  <Figures definition={definition} months={months} values={byMonth} span={span} />
                  <TrendOf title={title} line={{ months, values: byMonth, goal, span }} view={view} height={170} />
                </Card>
                <Card title={t('rates.definition')}>
                  <DefinitionWords definition={definition} value={value} goal={goal} />
                  {definition.counts_amounts && <p className="muted">{t('ind.amounts')}</p>}
                </Card>
              </div>
              {place.kind === 'clinic' && <OtherPeriods definition={definition} scope={place.id} />}
              {value && team !== null && (
                <TeamLists definition={definition} asking={{ code, disease, scope: place.id, month, span, team }} />
              )}
              {value && team === null && (
                <Lists counts={value} title={t('ind.behind.title')} definition={definition} asking={{ code, disease, scope: place.id, month, span }} />
              )}
            </>
          );
        }}
      </Asked>
    </Page>
  );
}

interface FiguresProps {
  readonly definition: Definition;
  readonly months: readonly string[];
  readonly values: readonly (Value | undefined)[];
  readonly span: Span;
}

function Figures({ definition, months, values, span }: FiguresProps) {
  const { t } = usePageWords();
  const value = values[values.length - 1];
  if (!value) return <p className="muted">{t('rates.noValue')}</p>;
  return (
    <div className={classes.figure}>
      <span className={classes.big}>{percentText(percentOf(value))}</span>
      <Change points={changeIn(months, values, span)} higherIsBetter={definition.direction === 'higher'} />
      <span>{t('ind.of', { n: value.numerator, d: value.denominator })}</span>
      <span className="muted">{t('ind.interval', { range: intervalText(value.interval) })}</span>
      <FewMark small={value.is_small && value.denominator > 0} />
    </div>
  );
}

const BUCKETS = ['not_met', 'numerator', 'excluded'] as const;

interface TeamListsProps {
  readonly definition: Definition;
  readonly asking: Asking;
}

/** The lists of one team of the clinic, with its own counts. */
function TeamLists({ definition, asking }: TeamListsProps) {
  const { t, say } = usePageWords();
  const breakdown = useBreakdown(asking, 'team');
  return (
    <Asked query={breakdown} lines={6}>
      {({ items }) => {
        const part = items.find((one) => (one.team_id ?? NO_TEAM) === asking.team);
        if (!part) {
          return (
            <Notice title={t('ind.teamAbsent')}>
              <Button size="compact-sm" variant="default" onClick={() => goTo({ team: null })}>
                {t('ind.wholeClinic')}
              </Button>
            </Notice>
          );
        }
        const name = part.name ? say(part.name) : t('ind.noTeam');
        const share = percentText(part.percent === null ? null : +part.percent);
        return (
          <>
            <p className={classes.figure}>
              <strong>
                {name} {share}
              </strong>
              <span>{t('ind.of', { n: part.numerator, d: part.denominator })}</span>
              <span className="muted">{t('ind.interval', { range: intervalText(part.interval) })}</span>
              <FewMark small={part.is_small && part.denominator > 0} />
              <Button size="compact-sm" variant="default" onClick={() => goTo({ team: null })}>
                {t('ind.wholeClinic')}
              </Button>
            </p>
            <Lists counts={part} title={t('ind.behindTeam', { name })} definition={definition} asking={asking} />
          </>
        );
      }}
    </Asked>
  );
}

interface ListsProps {
  readonly counts: Counts;
  readonly title: string;
  readonly definition: Definition;
  readonly asking: Asking;
}

/** The lists behind the number: each as long as its count. */
function Lists({ counts, title, definition, asking }: ListsProps) {
  const { t, name } = usePageWords();
  const sees = useMay('people.read');
  const bucket = useOneOf('bucket', BUCKETS);
  const people = usePeople(asking, bucket, sees);
  const label = (one: (typeof BUCKETS)[number]): string =>
    definition.counts_amounts ? t(`ind.list.${one}`) : t(`ind.${one}`, { n: countOf(counts, one) });
  return (
    <Card
      title={title}
      flush
      aside={
        <Switch
          label={t('ind.behind.title')}
          options={BUCKETS.map((one) => [one, label(one)] as const)}
          value={bucket}
          onChange={(next) => goTo({ bucket: next })}
        />
      }
    >
      {sees ? (
        <More<Schemas['IndicatorPerson']> query={people}>
          {(rows) => (
            <People key={bucket} rows={rows} bucket={bucket} total={people.data?.pages[0]?.total ?? 0} definition={definition} asking={asking} />
          )}
        </More>
      ) : (
        <Notice alert title={t('state.deniedTitle')} hint={t('state.deniedRight', { right: name(Right, 'people.read') })} />
      )}
    </Card>
  );
}
