import { Button } from '@mantine/core';
import { useEffect } from 'react';
import { navigate } from 'wouter/use-browser-location';

import { clinicToday, daysUntil } from '../../dates';
import { Masked } from '../../kit/Masked';
import { Tag } from '../../kit/Tag';
import { Disease, EnrolmentState } from '../../locales/codes';
import { usePageWords } from '../../locales/pages';
import { useMay } from '../session/session';
import { type Summary, usePerson } from './data';
import classes from './Patient.module.css';
import { Source } from './Source';

interface HeaderProps {
  readonly id: string;
  readonly summary: Summary;
  readonly revealing: boolean;
  readonly onRevealed: () => void;
  readonly onAddReading: () => void;
}

/** Who it is, in what state, and what can be done. Stays in sight. */
export function Header({ id, summary, revealing, onRevealed, onAddReading }: HeaderProps) {
  const { t, name, listed } = usePageWords();
  const person = usePerson(id);
  const mayVisit = useMay('visits.write');
  const mayAdd = useMay('readings.add');
  const called = person.data?.name ?? summary.person.name;
  useEffect(() => {
    document.title = t('app.name'); // a name does not go into the title: browsers keep those
  }, [t]);
  const { sex, age, citizen_id, phone, died_on } = summary.person;
  return (
    <header className={classes.header}>
      <div className={classes.who}>
        <h1 tabIndex={-1}>{called}</h1>
        <span>
          {t(`sex.${sex}`)} {t('row.age', { n: age })}
        </span>
        {died_on && <Tag tone="ended">{t('patients.died')}</Tag>}
        <States summary={summary} />
      </div>
      <dl className={classes.facts}>
        <div>
          <dt>{t('col.citizenId')}</dt>
          <dd>
            <Masked patientId={id} field="citizen_id" masked={citizen_id} />
          </dd>
        </div>
        <div>
          <dt>{t('col.phone')}</dt>
          <dd>
            <Masked patientId={id} field="phone" masked={phone} asking={revealing} onAsked={onRevealed} />
          </dd>
        </div>
        {summary.enrolments.map((one) => (
          <div key={one.disease}>
            <dt>{name(Disease, one.disease)}</dt>
            <dd>
              {name(EnrolmentState, one.state)} {one.doctor}
            </dd>
          </div>
        ))}
        <div>
          <dt>{t('p360.allergies')}</dt>
          <dd>{listed(summary.allergies) || t('p360.noAllergies')}</dd>
        </div>
      </dl>
      <div className={classes.actions}>
        {mayVisit && (
          <Button size="xs" onClick={() => navigate(`/patients/${id}/visit`)}>
            {t('p360.visit')}
          </Button>
        )}
        {mayAdd && (
          <Button size="xs" variant="default" onClick={onAddReading}>
            {t('p360.reading')}
          </Button>
        )}
        <Button size="xs" variant="default" onClick={() => navigate(`/referrals?person=${id}`)}>
          {t('keys.referral')} T
        </Button>
        <Button size="xs" variant="default" onClick={() => print()}>
          {t('kit.print')} P
        </Button>
      </div>
    </header>
  );
}

/** One tag a disease for its control, one for what is overdue, one for the risk. */
function States({ summary }: { readonly summary: Summary }) {
  const { t, say, name } = usePageWords();
  const today = clinicToday();
  const late = Math.max(0, ...summary.visits.map((visit) => -daysUntil(visit.next_visit_on, today)));
  return (
    <>
      {summary.risk && (
        <Tag tone={summary.risk.level >= 3 ? 'bad' : summary.risk.level === 2 ? 'warn' : 'plain'}>
          {say(summary.risk.label)}
        </Tag>
      )}
      {summary.visits.map((visit) => {
        const disease = name(Disease, visit.disease);
        if (visit.is_controlled === null) {
          return (
            <Tag key={visit.disease} tone="plain">
              {t('p360.notMeasured', { disease })}
            </Tag>
          );
        }
        return (
          <Source key={visit.disease} to={{ show: 'visits', open: `${visit.disease}:${visit.visited_on}` }}>
            <Tag tone={visit.is_controlled ? 'good' : 'warn'}>
              {t(visit.is_controlled ? 'p360.controlled' : 'p360.uncontrolled', { disease })}
            </Tag>
          </Source>
        );
      })}
      {late > 0 && <Tag tone="time">{t('p360.late', { n: late })}</Tag>}
    </>
  );
}
