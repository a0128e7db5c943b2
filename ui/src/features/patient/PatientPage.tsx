import { lazy, memo, Suspense, useDeferredValue, useEffect, useState } from 'react';
import { useParams } from 'wouter';
import { navigate } from 'wouter/use-browser-location';

import { ApiError } from '../../api/errors';
import { useKeys } from '../../app/keys';
import { LoadingLines } from '../../components/LoadingLines';
import { Asked } from '../../kit/Asked';
import kit from '../../kit/kit.module.css';
import { Switch } from '../../kit/Page';
import { usePageWords } from '../../locales/pages';
import { useOneOf } from '../../url';
import { useMay } from '../session/session';
import { loadChart } from '../../kit/ChartOrTable';
import { usePerson, usePressureSeries, useSummary, useVisits } from './data';
import { Header } from './Header';
import { Overview } from './Overview';
import { goToPlace } from './Source';

const ReadingDialog = lazy(() => import('../readings/ReadingDialog'));
const FactsPanel = lazy(() => import('./FactsPanel'));
const MedicinesPanel = lazy(() => import('./MedicinesPanel'));
const VisitsPanel = lazy(() => import('./VisitsPanel'));
const ReadingsPanel = lazy(() => import('./ReadingsPanel'));
const TimelinePanel = lazy(() => import('./TimelinePanel'));
const RiskPanel = lazy(() => import('../risk/RiskPanel'));
const PersonPanel = lazy(() => import('./PersonPanel'));

const PARTS = [
  'overview', 'visits', 'readings', 'labs', 'medicines', 'diagnoses', 'allergies', 'risk', 'timeline', 'person',
] as const; // prettier-ignore
type Part = (typeof PARTS)[number];

/** One person: how they are, why, and what is to be done. */
export default function PatientPage() {
  const { t } = usePageWords();
  const { id = '' } = useParams<{ id: string }>();
  const part: Part = useOneOf('show', PARTS);
  const shownPart = useDeferredValue(part); // the pressed button is painted first, what it opens behind it
  const [adding, setAdding] = useState(false);
  const [revealing, setRevealing] = useState(false);
  const mayVisit = useMay('visits.write');
  const mayAdd = useMay('readings.add');
  const summary = useSummary(id);
  useChartsEarly(id);
  useKeys({
    f: () => mayVisit && navigate(`/patients/${id}/visit`),
    r: () => mayAdd && setAdding(true),
    t: () => navigate(`/referrals?person=${id}`),
    m: () => setRevealing(true),
    p: () => print(),
  });
  if (summary.error instanceof ApiError && summary.error.status === 404) return <Elsewhere id={id} />;
  return (
    <div className={kit.page}>
      {summary.data === undefined && <h1 className="sr-only">{t('nav.patients')}</h1>}
      <Asked query={summary} lines={16}>
        {(data) => (
          <>
            <Header
              id={id}
              summary={data}
              revealing={revealing}
              onRevealed={() => setRevealing(false)}
              onAddReading={() => setAdding(true)}
            />
            <Switch
              label={t('p360.parts')}
              options={PARTS.map((one) => [one, t(`part.${one}`)] as const)}
              value={part}
              onChange={(show) => goToPlace({ show })}
            />
            <Suspense fallback={<LoadingLines count={10} />}>
              <PartOf part={shownPart} id={id} summary={data} />
              {adding && <ReadingDialog id={id} onClose={() => setAdding(false)} />}
            </Suspense>
          </>
        )}
      </Asked>
    </div>
  );
}

/** A record that is not there: one that was merged into another leads on to that one, any other says so. */
function Elsewhere({ id }: { readonly id: string }) {
  const person = usePerson(id);
  const other = person.data?.id;
  useEffect(() => {
    if (other !== undefined && other !== id) navigate(`/patients/${other}`, { replace: true });
  }, [other, id]);
  return <Asked query={person}>{() => <LoadingLines count={16} />}</Asked>;
}

/** The chart's values and its code are asked for beside the summary, not after it. */
function useChartsEarly(id: string): void {
  usePressureSeries(id);
  useVisits(id);
  useEffect(() => void loadChart(), []);
}

interface PartOfProps {
  readonly part: Part;
  readonly id: string;
  readonly summary: Parameters<typeof Overview>[0]['summary'];
}

const PartOf = memo(function PartOf({ part, id, summary }: PartOfProps) {
  switch (part) {
    case 'overview':
      return <Overview id={id} summary={summary} />;
    case 'visits':
      return <VisitsPanel id={id} />;
    case 'readings':
      return <ReadingsPanel id={id} />;
    case 'medicines':
      return <MedicinesPanel id={id} />;
    case 'risk':
      return <RiskPanel id={id} />;
    case 'timeline':
      return <TimelinePanel id={id} />;
    case 'person':
      return <PersonPanel id={id} />;
    default:
      return <FactsPanel key={part} id={id} kind={part} />;
  }
});
