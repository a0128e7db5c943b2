import { Button } from '@mantine/core';
import { useEffect, useRef } from 'react';
import { Link, useParams } from 'wouter';

import { LoadingLines } from '../../components/LoadingLines';
import { ErrorState } from '../../components/ErrorState';
import { refusal } from '../../kit/fields';
import { Fields } from '../../kit/Fields';
import { FaultSummary, Form } from '../../kit/Form';
import kit from '../../kit/kit.module.css';
import { Card, Page } from '../../kit/Page';
import { usePageWords } from '../../locales/pages';
import { type Schemas, useEnrolments, usePerson, useVisits } from '../patient/data';
import { FIELDS, FIRST_FIELD, PARTS } from './fields';
import { Judgement } from './Judgement';
import { lastEncounters } from './last';
import { useVisit } from './useVisit';
import classes from './Visit.module.css';

export default function VisitPage() {
  const { t } = usePageWords();
  const { id = '' } = useParams<{ id: string }>();
  const enrolments = useEnrolments(id);
  const visits = useVisits(id);
  const person = usePerson(id);
  const failed = [enrolments, visits, person].find((query) => query.isError && query.data === undefined);
  if (failed) {
    return (
      <Page title={t('visit.title')}>
        <ErrorState error={failed.error} onRetry={() => void failed.refetch()} />
      </Page>
    );
  }
  if (!enrolments.data || !visits.data || !person.data) return <LoadingLines count={14} />;
  const active = enrolments.data.items.filter((one) => one.state === 'ACTIVE').map((one) => one.disease);
  const who = `${person.data.name} ${t(`sex.${person.data.sex}`)} ${t('row.age', { n: person.data.age })}`;
  return (
    <Page title={t('visit.title')} aside={<Link href={`/patients/${id}`}>{who}</Link>}>
      {active.length === 0 && <p role="status">▲ {t('visit.notEnrolled')}</p>}
      <Visit id={id} diseases={active} visits={visits.data.items} />
    </Page>
  );
}

interface VisitProps {
  readonly id: string;
  readonly diseases: readonly string[];
  readonly visits: readonly Schemas['FollowupOut'][];
}

function Visit({ id, diseases, visits }: VisitProps) {
  const { t } = usePageWords();
  const visit = useVisit(id, diseases, visits);
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    place.current?.querySelector<HTMLElement>(`[data-field="${FIRST_FIELD}"] input`)?.focus();
  }, []);
  if (visit.saved) return <Saved id={id} saved={visit.saved} />;
  const { draft, set, faults, notes } = visit;
  return (
    <div ref={place} className={classes.page}>
      <Form
        label={t('visit.title')}
        className={classes.form}
        onSubmit={visit.save}
        onKey={(event) => {
          if (event.key !== 'F2') return;
          event.preventDefault();
          visit.carry();
        }}
      >
        <FaultSummary faults={faults} fields={FIELDS} />
        {PARTS.map((part) =>
          part.more ? (
            <details key={part.title} className={`${kit.card} ${classes.more}`}>
              <summary>{t(part.title)}</summary>
              <div className={kit.cardBody}>
                <Fields fields={part.fields} draft={draft} set={set} faults={faults} notes={notes} className={classes.flow} />
              </div>
            </details>
          ) : (
            <section key={part.title} className={classes.part} aria-label={t(part.title)}>
              <h2>{t(part.title)}</h2>
              <Fields fields={part.fields} draft={draft} set={set} faults={faults} notes={notes} className={classes.flow} />
            </section>
          ),
        )}
        <div className={classes.foot} data-stop>
          <Button size="xs" type="submit" loading={visit.isSaving}>
            {t(visit.isIncomplete ? 'visit.saveAnyway' : 'visit.save')}
          </Button>
          <Button size="xs" variant="default" onClick={visit.carry} disabled={visits.length === 0}>
            {t('visit.carry')}
          </Button>
          <span className="muted">{t('visit.keys')}</span>
          {visit.restored && visit.touched && (
            <span role="status">
              {t('form.restored')}{' '}
              <Button size="compact-xs" variant="default" onClick={visit.reset}>
                {t('form.discard')}
              </Button>
            </span>
          )}
        </div>
      </Form>
      <Side assessment={visit.assessment} visits={visits} />
    </div>
  );
}

interface SideProps {
  readonly assessment: ReturnType<typeof useVisit>['assessment'];
  readonly visits: VisitProps['visits'];
}

function Side({ assessment, visits }: SideProps) {
  const words = usePageWords();
  const { t } = words;
  const rows = lastEncounters(visits).slice(0, 6);
  return (
    <aside className={classes.side}>
      <Card title={t('visit.judgement')}>
        <div aria-live="polite">
          {assessment.isError && <p className={kit.fault}>▲ {refusal(assessment.error, words)}</p>}
          {!assessment.data && !assessment.isError && <p className="muted">{t('visit.judgementHint')}</p>}
          {assessment.data?.judgements.map((one) => <Judgement key={one.disease} judgement={one} />)}
        </div>
      </Card>
      <Card title={t('visit.lastSix')}>
        {rows.length === 0 && <p className="muted">{t('visit.none')}</p>}
        <table className={kit.table}>
          <caption className="sr-only">{t('visit.lastSix')}</caption>
          <tbody>
            {rows.map((one) => (
              <tr key={one.id}>
                <th scope="row">{one.visited_on}</th>
                <td className={kit.number}>{`${one.sbp_mmhg}/${one.dbp_mmhg}`}</td>
                <td className={kit.number}>
                  {one.fasting_glucose_mmol_l === null ? '' : Number(one.fasting_glucose_mmol_l)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Card>
    </aside>
  );
}

/** What was stored, which is what had been shown. */
function Saved({ id, saved }: { readonly id: string; readonly saved: Schemas['EncounterOut'] }) {
  const { t } = usePageWords();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <section className={kit.card}>
      <div className={kit.cardBody}>
        <h2 ref={heading} tabIndex={-1}>
          ✓ {t('visit.saved')}
        </h2>
        {saved.followups.map((one) => (
          <Judgement key={one.id} judgement={one.judgement} />
        ))}
        <p className={kit.line} style={{ paddingTop: '0.5rem' }}>
          <Link href={`/patients/${id}`}>{t('visit.toPatient')}</Link>
          <Link href="/">{t('app.toToday')}</Link>
        </p>
      </div>
    </section>
  );
}
