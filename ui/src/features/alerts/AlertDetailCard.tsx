import { Button } from '@mantine/core';
import { lazy, Suspense, useState } from 'react';

import { Link } from '../../kit/Link';
import { useKeys } from '../../app/keys';
import { localMoment } from '../../dates';
import { Asked } from '../../kit/Asked';
import kit from '../../kit/kit.module.css';
import { Card, Pairs } from '../../kit/Page';
import { AlertStatus, Happening, Level, AlertOutcome, Promise as Promises } from '../../locales/codes';
import { usePageWords } from '../../locales/pages';
import { useMay } from '../session/session';
import classes from './Alerts.module.css';
import { type AlertDetail, useAlert } from './alerts';
import type { Answer } from './AnswerDialog';
import { TierTag } from './TierTag';

const AnswerDialog = lazy(() => import('./AnswerDialog'));

/** One alert: what it is about, what happened to it, and what somebody may do now. */
export function AlertDetailCard({ id, onDone }: { readonly id: string; readonly onDone: () => void }) {
  const { t } = usePageWords();
  const query = useAlert(id);
  return (
    <Card title={t('alert.one')}>
      <Asked query={query} lines={8}>
        {(alert) => <Detail alert={alert} onDone={onDone} />}
      </Asked>
    </Card>
  );
}

function Detail({ alert, onDone }: { readonly alert: AlertDetail; readonly onDone: () => void }) {
  const { t, say, name } = usePageWords();
  const [answering, setAnswering] = useState<Answer | null>(null);
  const mayAnswer = useMay(alert.tier === 'YELLOW' ? 'alerts.answer' : 'alerts.answer_urgent');
  const isOpen = alert.status === 'open';
  const isClosed = alert.status === 'closed';
  const answer = (one: Answer): void => {
    if (mayAnswer && !isClosed && (one === 'close' || isOpen)) setAnswering(one);
  };
  useKeys({ a: () => answer('acknowledge'), c: () => answer('close') });
  const rows: (readonly [string, string])[] = [
    [t('alert.state'), name(AlertStatus, alert.status)],
    [t('alert.raised'), localMoment(alert.raised_at)],
    ...(alert.count > 1 ? [[t('alert.count'), t('alert.times', { n: alert.count })] as const] : []),
    ...(isOpen ? [[t('alert.answerBy'), localMoment(alert.answer_by)] as const] : []),
    ...(alert.repeat_from && !isClosed ? [[t('alert.repeatFrom'), localMoment(alert.repeat_from)] as const] : []),
    ...(alert.promise ? [[t('alert.promise'), name(Promises, alert.promise)] as const] : []),
    ...(alert.outcome ? [[t('alert.outcome'), name(AlertOutcome, alert.outcome)] as const] : []),
    ...(alert.note ? [[t('alert.note'), alert.note] as const] : []),
    ...(alert.check_by ? [[t('alert.checkBy'), alert.check_by] as const] : []),
  ];
  return (
    <div className={classes.detail}>
      <p className={classes.words}>
        <TierTag tier={alert.tier} /> <strong>{say(alert.words)}</strong>
      </p>
      <p className="muted">
        {say(alert.rule_name)}
        {alert.person && (
          <>
            {' · '}
            <Link href={`/patients/${alert.person.id}`}>{alert.person.name}</Link> {alert.person.phone ?? t('row.noPhone')}
          </>
        )}
      </p>
      <Pairs rows={rows} />
      {!isClosed && (
        <div className={kit.line}>
          {isOpen && (
            <Button disabled={!mayAnswer} onClick={() => answer('acknowledge')}>
              {t('alert.acknowledge')} (A)
            </Button>
          )}
          <Button variant="default" disabled={!mayAnswer} onClick={() => answer('close')}>
            {t('alert.close')} (C)
          </Button>
        </div>
      )}
      {!isClosed && !mayAnswer && <p className="muted">{t('alert.mayNot')}</p>}
      <h3 className={classes.subhead}>{t('alert.history')}</h3>
      <ol className={classes.events}>
        {alert.events.map((event, index) => (
          <li key={`${event.at}${index}`}>
            {localMoment(event.at)} {name(Happening, event.happening)}
            {event.level && ` · ${name(Level, event.level)}`}
            {event.promise && ` · ${name(Promises, event.promise)}`}
            {event.outcome && ` · ${name(AlertOutcome, event.outcome)}`} <span className="muted">{event.actor}</span>
          </li>
        ))}
      </ol>
      {answering && (
        <Suspense fallback={null}>
          <AnswerDialog id={alert.id} answer={answering} onClose={() => setAnswering(null)} onDone={onDone} />
        </Suspense>
      )}
    </div>
  );
}
