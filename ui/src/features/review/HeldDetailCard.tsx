import { Button } from '@mantine/core';
import { lazy, Suspense, useState } from 'react';
import { Link } from 'wouter';

import { useKeys } from '../../app/keys';
import { localMoment } from '../../dates';
import { Asked } from '../../kit/Asked';
import { type Field, refusal } from '../../kit/fields';
import { FormDialog } from '../../kit/FormDialog';
import kit from '../../kit/kit.module.css';
import { Card, Pairs } from '../../kit/Page';
import { Tag } from '../../kit/Tag';
import { notify } from '../../kit/toasts';
import { CandidateReason, DismissReason, Resolution } from '../../locales/codes';
import { usePageWords } from '../../locales/pages';
import { type Decision, deviceTimeOf, type HeldDetail, type Schemas, sendDecision, useDecide, useHeld, valueOf } from './held';
import { reasonsOf } from './HeldQueue';
import { OtherPerson } from './OtherPerson';
import classes from './Review.module.css';

const CallOf = lazy(() => import('./CallOf'));

const DISMISS: readonly Field[] = [
  { name: 'reason', label: 'held.dismissWhy', kind: 'code', codes: DismissReason, required: true },
];
const REPLAY: readonly Field[] = [
  { name: 'taken_at', label: 'held.realTime', kind: 'moment', hint: 'held.realTimeHint' },
  {
    name: 'glucose_unit', label: 'held.unit', kind: 'code',
    codes: [['mmol/L', 'mmol/L', 'mmol/L'], ['mg/dL', 'mg/dL', 'mg/dL']],
  },
]; // prettier-ignore

interface HeldDetailCardProps {
  readonly id: string;
  readonly onDone: () => void;
}

export function HeldDetailCard({ id, onDone }: HeldDetailCardProps) {
  const { t } = usePageWords();
  const query = useHeld(id);
  return (
    <Card title={t('held.reading')}>
      <Asked query={query}>{(held) => <Detail held={held} onDone={onDone} />}</Asked>
    </Card>
  );
}

function Detail({ held, onDone }: { readonly held: HeldDetail; readonly onDone: () => void }) {
  const words = usePageWords();
  const { t, name } = words;
  const [dialog, setDialog] = useState<'dismiss' | 'replay' | 'call' | null>(null);
  const [device, setDevice] = useState(LEFT);
  const { decide, undo, refresh } = useDecide(held.id, onDone);
  const isOpen = held.resolved_at === null;
  const first = held.candidates[0];
  const settled = (): void => {
    setDialog(null);
    notify(t('held.done'), () => undo.mutate());
    refresh();
    onDone();
  };
  const accept = (): void => {
    if (!isOpen || decide.isPending) return;
    if (held.patient_id !== null) setDialog('replay');
    else if (first) decide.mutate({ act: 'assign', body: { patient_id: first.person.id, ...device } });
  };
  useKeys({
    a: accept,
    x: () => isOpen && setDialog('dismiss'),
    e: () => isOpen && setDialog('replay'),
    n: () => held.patient_id !== null && setDialog('call'),
  });
  return (
    <div className={classes.detail}>
      <Facts held={held} />
      {decide.isError && (
        <p role="alert" className={kit.fault}>
          ▲ {refusal(decide.error, words)}
        </p>
      )}
      {isOpen ? (
        <>
          {held.patient_id === null && <Candidates held={held} busy={decide.isPending} device={device} setDevice={setDevice} onPick={(decision) => decide.mutate(decision)} />}
          <div className={kit.line}>
            <Button size="xs" variant={held.patient_id === null ? 'default' : 'filled'} onClick={() => setDialog('replay')}>
              {t('held.replay')}
            </Button>
            <Button size="xs" variant="default" onClick={() => setDialog('dismiss')}>
              {t('held.dismiss')}
            </Button>
            {held.patient_id !== null && (
              <Button size="xs" variant="default" onClick={() => setDialog('call')}>
                {t('held.call')}
              </Button>
            )}
          </div>
        </>
      ) : (
        <div className={kit.line}>
          <Tag tone="good">{name(Resolution, held.resolution)}</Tag>
          <span className="muted">
            {held.resolved_at && localMoment(held.resolved_at)} {name(DismissReason, held.dismissed_because)}
            {held.issue_id && ` ${t('held.deviceWent')}`}
          </span>
          <Button size="compact-sm" variant="default" loading={undo.isPending} onClick={() => undo.mutate()}>
            {t('kit.undo')}
          </Button>
        </div>
      )}
      {dialog === 'dismiss' && (
        <FormDialog
          title={t('held.dismiss')}
          submit={t('held.dismiss')}
          draftKey={`dismiss:${held.id}`}
          fields={DISMISS}
          send={(body) => sendDecision(held.id, { act: 'dismiss', body: body as unknown as Schemas['DismissIn'] })}
          onDone={settled}
          onClose={() => setDialog(null)}
        />
      )}
      {dialog === 'call' && held.patient_id !== null && (
        <Suspense fallback={null}>
          <CallOf id={held.patient_id} onClose={() => setDialog(null)} />
        </Suspense>
      )}
      {dialog === 'replay' && (
        <FormDialog
          title={t('held.replay')}
          submit={t('held.replayNow')}
          draftKey={`replay:${held.id}`}
          fields={REPLAY}
          send={(body) => sendDecision(held.id, { act: 'replay', body: body as Schemas['ReplayIn'] })}
          onDone={settled}
          onClose={() => setDialog(null)}
        >
          <p className="muted">{t('held.replayHint', { at: deviceTimeOf(held.item) })}</p>
        </FormDialog>
      )}
    </div>
  );
}

function Facts({ held }: { readonly held: HeldDetail }) {
  const words = usePageWords();
  const { t } = words;
  return (
    <Pairs
      rows={[
        [t('held.why'), reasonsOf(held, words)],
        [t('held.sent'), valueOf(held.item)],
        [t('held.deviceTime'), deviceTimeOf(held.item)],
        [t('held.received'), localMoment(held.received_at)],
        [t('held.device'), `${held.device ?? '–'}${held.calibration_overdue ? ` · ${t('rd.calibration')}` : ''}`],
        [
          t('held.person'),
          held.patient_id ? <Link key="who" href={`/patients/${held.patient_id}`}>{t('dup.open')}</Link> : t('held.nobody'),
        ],
        ...(held.stored
          ? [[t('held.stored'), held.stored.kind === 'glucose'
              ? `${held.stored.glucose_mmol_l} mmol/L`
              : `${held.stored.systolic_mmhg}/${held.stored.diastolic_mmhg} mmHg`] as const]
          : []),
      ]}
    />
  ); // prettier-ignore
}

/** Whether the device goes with its reading, and ends for who has it. */
interface DeviceWish {
  readonly keep_device: boolean;
  readonly end_holder: boolean;
}

const LEFT: DeviceWish = { keep_device: false, end_holder: false };

interface DeviceChoiceProps {
  readonly isHeld: boolean;
  readonly device: DeviceWish;
  readonly setDevice: (wish: DeviceWish) => void;
}

/** The device is this person's from the time of the reading on; who has it is ended only when that is ticked too. */
function DeviceChoice({ isHeld, device, setDevice }: DeviceChoiceProps) {
  const { t } = usePageWords();
  return (
    <div className={classes.device}>
      <label className={kit.line}>
        <input
          type="checkbox"
          checked={device.keep_device}
          onChange={(event) => setDevice({ keep_device: event.currentTarget.checked, end_holder: false })}
        />
        {t('held.keepDevice')}
      </label>
      {isHeld && device.keep_device && (
        <label className={kit.line}>
          <input
            type="checkbox"
            checked={device.end_holder}
            onChange={(event) => setDevice({ keep_device: true, end_holder: event.currentTarget.checked })}
          />
          {t('held.endHolder')}
        </label>
      )}
    </div>
  );
}

interface CandidatesProps {
  readonly held: HeldDetail;
  readonly busy: boolean;
  readonly device: DeviceWish;
  readonly setDevice: (wish: DeviceWish) => void;
  readonly onPick: (decision: Decision) => void;
}

/** Whose it may be, the likeliest first; nobody is taken without a person saying so. */
function Candidates({ held, busy, device, setDevice, onPick }: CandidatesProps) {
  const { t, name } = usePageWords();
  const assign = (patient_id: string) => onPick({ act: 'assign', body: { patient_id, ...device } });
  return (
    <>
      <h3>{t('held.candidates')}</h3>
      {held.registered && !held.registered.retired && (
        <DeviceChoice isHeld={held.registered.is_held} device={device} setDevice={setDevice} />
      )}
      {held.candidates.length === 0 && <p className="muted">{t('held.noCandidates')}</p>}
      <ol className={classes.candidates}>
        {held.candidates.map(({ person, points, reasons, nearest_at }) => (
          <li key={person.id}>
            <span>
              <strong>{person.name}</strong> {t(`sex.${person.sex}`)} {t('row.age', { n: person.age })}{' '}
              <span className="muted">{person.phone}</span>
              <br />
              <span className="muted">
                {reasons.map((reason) => name(CandidateReason, reason)).join(' · ')} ({points})
                {nearest_at && ` ${localMoment(nearest_at)}`}
              </span>
            </span>
            <Button size="compact-sm" disabled={busy} onClick={() => assign(person.id)}>
              {t('held.assign')}
            </Button>
          </li>
        ))}
      </ol>
      <OtherPerson busy={busy} onPick={assign} />
    </>
  );
}
