import { Link, useLocation } from 'wouter';

import { useKeys } from '../../app/keys';
import { Notice } from '../../components/Notice';
import type { Organisation } from '../../api/types';
import { Asked } from '../../kit/Asked';
import { DataTable } from '../../kit/DataTable';
import { Filter } from '../../kit/Filter';
import { More } from '../../kit/More';
import { Card, Page } from '../../kit/Page';
import { Tag } from '../../kit/Tag';
import { Priority, RiskLevel, Tier } from '../../locales/codes';
import { usePageWords } from '../../locales/pages';
import { goTo, useUrl } from '../../url';
import { Crumbs } from '../indicators/Crumbs';
import classes from '../indicators/Indicators.module.css';
import { useWidePlace } from '../indicators/place';
import { useMay } from '../session/session';
import { type Schemas, toneOfBand, useRiskPeople, useRiskSummary } from './data';

const NO_BAND = '0';

/** Who stands in which band: counts by clinic and what is missing, and the people, the highest first. */
export default function RiskPage() {
  const { t, say } = usePageWords();
  const { query, organisations, place } = useWidePlace();
  const sees = useMay('people.read');
  useKeys({ p: () => print() });
  return (
    <Page
      title={place ? t('risk.titleOf', { name: say(place.name) }) : t('nav.risk')}
      aside={<Link href="/risk/models">{t('risk.toModels')}</Link>}
    >
      <Asked query={query}>
        {() =>
          place ? (
            <>
              <Crumbs place={place} organisations={organisations} />
              <Summary place={place} organisations={organisations} />
              {sees && place.kind === 'clinic' && <People clinic={place.id} />}
            </>
          ) : (
            <Notice title={t('state.noClinics')} hint={t('state.noClinicsHint')} />
          )
        }
      </Asked>
    </Page>
  );
}

const BANDS = ['4', '3', '2', '1', NO_BAND] as const;
type BandKey = (typeof BANDS)[number];

interface Row {
  readonly clinic: string;
  readonly people: number;
  readonly byBand: Readonly<Record<BandKey, number>>;
  readonly byDoctor: number;
}

const keyOf = (band: Schemas['RiskLevel'] | null): BandKey => (band === null ? NO_BAND : (String(band) as BandKey));

/** One row a clinic out of counts by band and tier. */
function rowsOf(counts: readonly Schemas['RiskCountOut'][]): Row[] {
  return [...new Set(counts.map((one) => one.clinic_id))].map((clinic) => {
    const own = counts.filter((one) => one.clinic_id === clinic);
    const sum = (some: readonly Schemas['RiskCountOut'][]): number => some.reduce((all, one) => all + one.people, 0);
    const of = (band: BandKey): number => sum(own.filter((one) => keyOf(one.band) === band));
    return {
      clinic,
      people: sum(own),
      byBand: { '4': of('4'), '3': of('3'), '2': of('2'), '1': of('1'), '0': of('0') },
      byDoctor: own.reduce((all, one) => all + one.by_doctor, 0),
    };
  });
}

function Summary({ place, organisations }: { readonly place: Organisation; readonly organisations: readonly Organisation[] }) {
  const { t, say, name, language } = usePageWords();
  const summary = useRiskSummary(place.id);
  const clinicName = (id: string): string => {
    const found = organisations.find((one) => one.id === id);
    return found ? say(found.name) : id;
  };
  return (
    <Asked query={summary} lines={6}>
      {(found) => (
        <>
          <Card title={t('risk.summary')} flush aside={<span className="muted">{t('risk.people', { n: found.people })}</span>}>
            <DataTable
              caption={t('risk.summary')}
              rows={rowsOf(found.counts).sort((a, b) => clinicName(a.clinic).localeCompare(clinicName(b.clinic), language))}
              rowKey={(row) => row.clinic}
              onOpen={(row) => goTo({ clinic: row.clinic, place: null, kind: null })}
              empty={t('risk.none')}
              columns={[
                { head: t('col.clinic'), cell: (row) => clinicName(row.clinic) },
                ...BANDS.map((band) => ({
                  head: band === NO_BAND ? t('risk.noBand') : name(RiskLevel, band),
                  number: true,
                  cell: (row: Row) => row.byBand[band],
                })),
                { head: t('risk.all'), number: true, cell: (row) => row.people },
                { head: t('risk.byDoctor'), number: true, cell: (row) => row.byDoctor },
              ]}
            />
            {found.out_of_range > 0 && <p className={`${classes.note} muted`}>{t('risk.outOfRange', { n: found.out_of_range })}</p>}
          </Card>
          <Missing missing={found.missing} />
        </>
      )}
    </Asked>
  );
}

/** What is not known of how many: the cheapest way to better numbers. */
function Missing({ missing }: { readonly missing: readonly Schemas['RiskGapCount'][] }) {
  const { t, say } = usePageWords();
  const sums = new Map<string, { readonly words: string; readonly people: number }>();
  for (const one of missing) {
    const before = sums.get(one.variable)?.people ?? 0;
    sums.set(one.variable, { words: say(one.text), people: before + one.people });
  }
  const rows = [...sums.values()].sort((a, b) => b.people - a.people);
  if (rows.length === 0) return null;
  return (
    <Card title={t('risk.gaps')}>
      <p>{rows.map((row) => t('risk.gap', { what: row.words, n: row.people })).join(' · ')}</p>
    </Card>
  );
}

/** The people of a clinic, the highest band first. */
function People({ clinic }: { readonly clinic: string }) {
  const { t, say, name } = usePageWords();
  const [, navigate] = useLocation();
  const asked = useUrl('kind');
  const band = BANDS.find((one) => one === asked) ?? null;
  const people = useRiskPeople(clinic, band, true);
  const bands = [...[...RiskLevel].reverse(), [NO_BAND, t('risk.noBand'), t('risk.noBand')] as const];
  return (
    <Card title={t('risk.list')} flush aside={<Filter label={t('risk.band')} param="kind" codes={bands} />}>
      <More<Schemas['RiskListed']> query={people}>
        {(rows) => (
          <DataTable
            caption={t('risk.list')}
            rows={rows}
            rowKey={(row) => row.patient_id}
            onOpen={(row) => navigate(`/patients/${row.patient_id}?show=risk`)}
            empty={t('risk.none')}
            columns={[
              { head: t('col.person'), cell: ({ person }) => `${person.name} ${t(`sex.${person.sex}`)} ${t('row.age', { n: person.age })}` },
              {
                head: t('risk.band'),
                cell: (row) => (
                  <>
                    <Tag tone={toneOfBand(row.band)}>{name(RiskLevel, row.band) || t('risk.noBand')}</Tag>{' '}
                    {row.band_by === 'doctor' && <span className="muted">{t('risk.doctors')}</span>}
                  </>
                ),
              },
              { head: t('risk.priority'), cell: (row) => name(Priority, row.priority) },
              { head: t('risk.tier'), cell: (row) => name(Tier, row.tier) || '—' },
              { head: t('risk.missing'), cell: (row) => row.missing.map((one) => say(one.text)).join(' · ') },
              { head: t('risk.on'), cell: (row) => row.as_of },
            ]}
          />
        )}
      </More>
    </Card>
  );
}
