import { Button } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';

import { Link } from '../../kit/Link';
import { localMoment } from '../../dates';
import { Asked } from '../../kit/Asked';
import { refusal } from '../../kit/fields';
import kit from '../../kit/kit.module.css';
import { Masked } from '../../kit/Masked';
import { Card, Pairs } from '../../kit/Page';
import { notify } from '../../kit/toasts';
import { CallChannel, CallResult, Disease } from '../../locales/codes';
import { glucoseText } from '../../kit/values';
import { usePageWords } from '../../locales/pages';
import { type Schemas, useEnrolments, usePerson } from '../patient/data';
import { useMay } from '../session/session';
import { lose, putBack, type RecallItem, usePersonRecall } from './recalls';
import classes from './Recall.module.css';

interface RecallCardProps {
  readonly item: RecallItem;
  readonly onCall: () => void;
  readonly onChanged: () => void;
}

/** One person to call: what to know before, what came of earlier calls, and what these prove. */
export function RecallCard({ item, onCall, onChanged }: RecallCardProps) {
  const { t, name } = usePageWords();
  const { patient } = item;
  const mayCall = useMay('visits.write');
  const person = usePerson(patient.id); // who is called is addressed by name
  const called = person.data?.name ?? patient.name;
  const query = usePersonRecall(patient.id);
  const back = useMutation({
    mutationFn: () => putBack(patient.id),
    onSuccess: () => {
      notify(t('recall.isBack', { name: called }));
      onChanged();
    },
  });
  return (
    <Card title={called} aside={<Link href={`/patients/${patient.id}`}>{t('recall.open')}</Link>}>
      <div className={classes.about}>
        <Pairs
          rows={[
            [t('recall.phone'), <Masked key="phone" patientId={patient.id} field="phone" masked={patient.phone} />],
            [t('recall.overdue'), t('recall.days', { n: item.days_overdue })],
            [t('recall.seen'), item.last_seen_on ?? t('recall.never')],
            [t('col.bp'), item.last_blood_pressure ? `${item.last_blood_pressure.sbp_mmhg}/${item.last_blood_pressure.dbp_mmhg} mmHg (${item.last_blood_pressure.on})` : '–'],
            [t('col.glucose'), item.last_glucose ? `${glucoseText(item.last_glucose.mmol_l)} mmol/L (${item.last_glucose.on})` : '–'],
          ]}
        />
        {mayCall && (
          <span className={kit.line}>
            <Button size="compact-sm" onClick={onCall}>
              {t('recall.call')}
            </Button>
            {item.section !== 'to_call' && item.section !== 'long' && (
              <Button size="compact-sm" variant="default" loading={back.isPending} onClick={() => back.mutate()}>
                {t('recall.return')}
              </Button>
            )}
          </span>
        )}
        <Asked query={query} lines={4}>
          {({ calls, evidence }) => (
            <>
              <h3>{t('recall.calls', { n: calls.length })}</h3>
              {calls.length === 0 && <p className="muted">{t('recall.noCalls')}</p>}
              <ul className={classes.calls}>
                {calls.map((call) => (
                  <li key={call.id} className={call.undone_at ? classes.undone : undefined}>
                    {localMoment(call.called_at)} {name(CallChannel, call.channel)} <strong>{name(CallResult, call.result)}</strong>
                    {call.remind_on && ` → ${call.remind_on}`}
                    {call.undone_at && ` (${t('recall.undone')})`}
                    {call.note && <div className="muted">{call.note}</div>}
                  </li>
                ))}
              </ul>
              <Evidence patient={patient.id} evidence={evidence} mayLose={mayCall} onLost={onChanged} />
            </>
          )}
        </Asked>
      </div>
    </Card>
  );
}

interface EvidenceProps {
  readonly patient: string;
  readonly evidence: Schemas['EvidenceOut'];
  readonly mayLose: boolean;
  readonly onLost: () => void;
}

/** Lost is nobody's guess: the calls prove it, the server checks them, and a person says so. */
function Evidence({ patient, evidence, mayLose, onLost }: EvidenceProps) {
  const words = usePageWords();
  const { t, name } = words;
  const enrolments = useEnrolments(patient);
  const losing = useMutation({
    mutationFn: (enrolment: string) => lose(patient, enrolment),
    onSuccess: () => {
      notify(t('recall.isLost'));
      onLost();
    },
  });
  const active = enrolments.data?.items.filter((one) => one.state === 'ACTIVE') ?? [];
  return (
    <>
      <h3>{t('recall.evidence')}</h3>
      <p>
        {evidence.is_enough ? '●' : '○'} {t('recall.evidenceIs', { attempts: evidence.attempts ?? 0, channels: evidence.channels ?? 0 })}
        {evidence.first_on && ` (${evidence.first_on} – ${evidence.last_on})`}
      </p>
      {!evidence.is_enough && <p className="muted">{t('recall.evidenceLacks')}</p>}
      {losing.isError && <p className={kit.fault} role="alert">▲ {refusal(losing.error, words)}</p>}
      {evidence.is_enough && mayLose && (
        <span className={kit.line}>
          {active.map((one) => (
            <Button key={one.id} size="compact-sm" variant="default" loading={losing.isPending} onClick={() => losing.mutate(one.id)}>
              {t('recall.lose', { disease: name(Disease, one.disease) })}
            </Button>
          ))}
        </span>
      )}
    </>
  );
}
