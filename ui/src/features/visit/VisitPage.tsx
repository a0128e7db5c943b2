import { lazy } from 'react';
import { useParams } from 'wouter';

import { Link } from '../../kit/Link';
import { LoadingLines } from '../../components/LoadingLines';
import { ErrorState } from '../../components/ErrorState';
import { Page } from '../../kit/Page';
import { usePageWords } from '../../locales/pages';
import { useUrl } from '../../url';
import { useEnrolments, usePerson } from '../patient/data';
import { NewVisit } from './NewVisit';
import { useOpening } from './opening';

const Correction = lazy(() => import('./Correction'));

/** A new visit, or, when the address names one, the correction of a stored visit. */
export default function VisitPage() {
  const { t } = usePageWords();
  const { id = '' } = useParams<{ id: string }>();
  const corrects = useUrl('open');
  const person = usePerson(id);
  const title = t(corrects ? 'visit.correctTitle' : 'visit.title');
  const who = person.data && `${person.data.name} ${t(`sex.${person.data.sex}`)} ${t('row.age', { n: person.data.age })}`;
  return (
    <Page title={title} aside={who && <Link href={`/patients/${id}`}>{who}</Link>}>
      {corrects ? <Correction key={corrects} id={id} encounter={corrects} /> : <Opened id={id} />}
    </Page>
  );
}

function Opened({ id }: { readonly id: string }) {
  const { t } = usePageWords();
  const enrolments = useEnrolments(id);
  const opening = useOpening(id);
  const failed = [enrolments, opening].find((query) => query.isError && query.data === undefined);
  if (failed) return <ErrorState error={failed.error} onRetry={() => void failed.refetch()} />;
  if (!enrolments.data || !opening.data) return <LoadingLines count={14} />;
  const managed = enrolments.data.items.filter((one) => one.state === 'ACTIVE' || one.state === 'LOST');
  return (
    <>
      {managed.length === 0 && <p role="status">▲ {t('visit.notEnrolled')}</p>}
      <NewVisit
        id={id}
        opening={opening.data}
        diseases={managed.length > 0 ? opening.data.diseases : []}
        doctor={managed.find((one) => one.doctor)?.doctor ?? null}
      />
    </>
  );
}
