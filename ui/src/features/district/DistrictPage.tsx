import { Button } from '@mantine/core';
import { Link, useLocation } from 'wouter';

import { Notice } from '../../components/Notice';
import type { Disease, Organisation } from '../../api/types';
import { Asked } from '../../kit/Asked';
import { saveCsv } from '../../kit/csv';
import { ViewSwitch } from '../../kit/ChartOrTable';
import { Card, Switch } from '../../kit/Page';
import { useView } from '../../kit/useView';
import { usePageWords } from '../../locales/pages';
import { goTo, useOneOf, useUrl } from '../../url';
import { Crumbs } from '../indicators/Crumbs';
import { type Definition, inMonths, listAddress, type Part, type Schemas, type Span, useBreakdown, useGoalOf, useValues } from '../indicators/data';
import { TrendOf } from '../indicators/HeadlineCard';
import classes from '../indicators/Indicators.module.css';
import { NumbersPage } from '../indicators/NumbersPage';
import { useOverseen } from '../indicators/place';
import { OrderFilter, Ranking } from '../indicators/Ranking';
import { ORDERS, standingOf } from '../indicators/ranking-order';
import { intervalText } from '../indicators/Words';
import { useDefinitions } from '../rates/rates';
import { percentOf, percentText } from '../rates/series';

/** The parts of a district or region beside each other, how the whole moves, and who may need support. */
export default function DistrictPage() {
  const { t } = usePageWords();
  const { query, organisations, place } = useOverseen();
  const definitions = useDefinitions();
  return (
    <NumbersPage place={place} query={query} titleOf="dist.titleOf" title="nav.district">
      {({ disease, month, months, span }) => (
        <Asked query={definitions}>
          {({ items }) =>
            place && place.kind !== 'clinic' ? (
              <>
                <Crumbs place={place} organisations={organisations} />
                <Comparison place={place} organisations={organisations} disease={disease} month={month} span={span} definitions={items.filter((one) => one.disease === disease && one.spans.includes(span))} />
                <Multiples place={place} disease={disease} months={months} span={span} definitions={items} />
              </>
            ) : (
              <Notice title={t('dist.oneClinic')}>
                <Link href="/indicators">{t('nav.indicators')}</Link>
              </Notice>
            )
          }
        </Asked>
      )}
    </NumbersPage>
  );
}

interface ComparisonProps {
  readonly place: Organisation;
  readonly organisations: readonly Organisation[];
  readonly disease: Disease;
  readonly month: string;
  readonly span: Span;
  readonly definitions: readonly Definition[];
}

/** One indicator over the parts of the place. */
function Comparison({ place, organisations, disease, month, span, definitions }: ComparisonProps) {
  const { t, say } = usePageWords();
  const [, navigate] = useLocation();
  const asked = useUrl('code');
  const usual = disease === 'HTN' ? 'IND-03' : 'IND-04';
  const definition = definitions.find((one) => one.code === asked) ?? definitions.find((one) => one.code === usual);
  const by = useOneOf('by', place.kind === 'region' ? ['clinic', 'district'] : ['clinic']);
  const order = useOneOf('order', ORDERS);
  const code = definition?.code ?? usual;
  const goalOf = useGoalOf(place.id, month);
  const breakdown = useBreakdown({ code, disease, scope: place.id, month, span }, by);
  const title = definition ? say(definition.title) : code;
  const name = (part: Part): string => (part.name ? say(part.name) : '—');
  const open = (part: Part): void => {
    const found = organisations.find((one) => one.id === part.organisation_id);
    if (found?.kind === 'clinic') navigate(`/indicators?clinic=${found.id}&disease=${disease}&period=${month}&span=${span}`);
    else if (found) goTo({ place: found.id, by: null });
  };
  return (
    <Card
      title={title}
      flush
      aside={
        <>
          <label>
            <span className="muted">{t('ind.indicator')} </span>
            <select className={classes.select} value={code} onChange={(event) => goTo({ code: event.currentTarget.value })}>
              {definitions.map((one) => (
                <option key={one.code} value={one.code}>
                  {say(one.title)}
                </option>
              ))}
            </select>
          </label>
          {place.kind === 'region' && (
            <Switch
              label={t('dist.by')}
              options={[
                ['clinic', t('dist.clinics')],
                ['district', t('dist.districts')],
              ]}
              value={by}
              onChange={(next) => goTo({ by: next })}
            />
          )}
          <OrderFilter order={order} />
          {breakdown.data && (
            <Button size="compact-sm" variant="default" onClick={() => saveParts(breakdown.data, name, t)}>
              {t('ind.csv')}
            </Button>
          )}
        </>
      }
    >
      <Asked query={breakdown} lines={14}>
        {(found) => (
          <>
            <Support breakdown={found} nameOf={name} higherIsBetter={definition?.direction !== 'lower'} />
            <Ranking
              title={title}
              breakdown={found}
              order={order}
              higherIsBetter={definition?.direction !== 'lower'}
              nameOf={name}
              empty={t('dist.none')}
              goal={definition ? goalOf(definition) : null}
              onOpen={open}
              actions={(part) =>
                part.organisation_id && (
                  <Link href={listAddress({ code, disease, scope: part.organisation_id, month, span }, by === 'clinic')}>{t('dist.open')}</Link>
                )
              }
            />
          </>
        )}
      </Asked>
    </Card>
  );
}

interface SupportProps {
  readonly breakdown: Schemas['Breakdown'];
  readonly nameOf: (part: Part) => string;
  readonly higherIsBetter: boolean;
}

/** Who may need support: the whole interval lies on the wrong side of the median. */
function Support({ breakdown, nameOf, higherIsBetter }: SupportProps) {
  const { t } = usePageWords();
  const median = breakdown.median_percent === null ? null : Number(breakdown.median_percent);
  const behind = breakdown.items.filter((part) => standingOf(part, median, higherIsBetter) === 'behind');
  if (behind.length === 0) return null;
  return (
    <details className={classes.note} open={behind.length <= 6}>
      <summary>{t('dist.support', { n: behind.length })}</summary>
      <p>
        {behind.map((part) => `${nameOf(part)} ${percentText(part.percent === null ? null : Number(part.percent))}`).join(' · ')}
      </p>
      <p className="muted">{t('dist.supportHint')}</p>
    </details>
  );
}

function saveParts(breakdown: Schemas['Breakdown'], nameOf: (part: Part) => string, t: ReturnType<typeof usePageWords>['t']): void {
  saveCsv(`${breakdown.code}-${breakdown.period.end}.csv`, [
    [t('ind.rank'), t('ind.part'), t('rates.numerator'), t('rates.denominator'), t('ind.notIn'), '%', t('ind.low'), t('ind.high'), t('ind.quarter')],
    ...breakdown.items.map((part) => [
      part.rank, nameOf(part), part.numerator, part.denominator, part.exclusions, part.percent, part.interval?.low, part.interval?.high, part.change_points,
    ]),
  ]); // prettier-ignore
}

/** Trends of the place itself in the indicators that head every report. */
const MULTIPLES = {
  HTN: ['IND-02', 'IND-03', 'IND-05', 'IND-06', 'IND-08', 'IND-27L', 'IND-27K', 'SIMPLE-MISSED'],
  T2DM: ['IND-02', 'IND-04', 'IND-05', 'IND-06', 'IND-08', 'IND-20', 'IND-24', 'IND-25'],
} as const;

interface MultiplesProps {
  readonly place: Organisation;
  readonly disease: 'HTN' | 'T2DM';
  readonly months: readonly string[];
  readonly span: Span;
  readonly definitions: readonly Definition[];
}

function Multiples({ place, disease, months, span, definitions }: MultiplesProps) {
  const { t, say } = usePageWords();
  const codes = MULTIPLES[disease].filter((code) =>
    definitions.some((one) => one.code === code && one.disease === disease && one.spans.includes(span)),
  );
  const values = useValues(place.id, months, span, disease, codes.join(','));
  const goalOf = useGoalOf(place.id, months[months.length - 1] ?? '');
  const { view, onChange } = useView();
  return (
    <Card
      title={t('dist.trends', { name: say(place.name) })}
      aside={
        <ViewSwitch title={t('ind.trend')} view={view} onChange={onChange} />
      }
    >
      <Asked query={values} lines={6}>
        {({ items }) => (
          <div className={classes.multiples}>
            {codes.map((code) => {
              const definition = definitions.find((one) => one.code === code && one.disease === disease);
              const line = { months, values: inMonths(items.filter((one) => one.code === code), months), goal: definition ? goalOf(definition) : null, span };
              const last = line.values[line.values.length - 1];
              const title = definition ? say(definition.title) : code;
              return (
                <div key={code} role="group" aria-label={title}>
                  <h3>{title}</h3>
                  <p className="muted">
                    <strong>{percentText(percentOf(last))}</strong> {last ? `${last.numerator}/${last.denominator} · ${intervalText(last.interval)}` : ''}
                  </p>
                  <TrendOf title={title} line={line} view={view} height={110} />
                </div>
              );
            })}
          </div>
        )}
      </Asked>
    </Card>
  );
}
