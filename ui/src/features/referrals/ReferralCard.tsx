import { Button } from '@mantine/core';
import { useState } from 'react';

import { Link } from '../../kit/Link';
import { localMoment } from '../../dates';
import { FormDialog } from '../../kit/FormDialog';
import kit from '../../kit/kit.module.css';
import { Masked } from '../../kit/Masked';
import { Card, Pairs } from '../../kit/Page';
import { Tag } from '../../kit/Tag';
import { notify } from '../../kit/toasts';
import { ReferralCause, ReferralDirection, ReferralEnd, ReferralState } from '../../locales/codes';
import { usePageWords } from '../../locales/pages';
import { usePerson } from '../patient/data';
import { useMay } from '../session/session';
import { FIELDS_OF, type Listed, type Step, STEPS, take } from './referrals';

interface ReferralCardProps {
  readonly listed: Listed;
  readonly onChanged: () => void;
}

/** One referral: why, how far it is, and the steps it may take now. */
export function ReferralCard({ listed: { referral, patient, is_check_overdue }, onChanged }: ReferralCardProps) {
  const { t, name } = usePageWords();
  const [step, setStep] = useState<Step | null>(null);
  const mayRefer = useMay('visits.write');
  const person = usePerson(patient.id);
  const reached = (at: string | null) => (at === null ? '–' : localMoment(at));
  return (
    <Card
      title={person.data?.name ?? patient.name}
      aside={<Link href={`/patients/${patient.id}`}>{t('recall.open')}</Link>}
    >
      <span className={kit.line}>
        <Tag tone={referral.state === 'closed' ? 'ended' : 'plain'}>{name(ReferralState, referral.state)}</Tag>
        {referral.is_urgent && <Tag tone="bad">{t('ref.urgent')}</Tag>}
        {is_check_overdue && <Tag tone="time">{t('ref.checkOverdue')}</Tag>}
      </span>
      <Pairs
        rows={[
          [t('ref.direction'), name(ReferralDirection, referral.direction)],
          [t('ref.reason'), name(ReferralCause, referral.reason)],
          [t('visit.institution'), [referral.institution, referral.department].filter(Boolean).join(' · ') || '–'],
          [t('recall.phone'), <Masked key="phone" patientId={patient.id} field="phone" masked={patient.phone} />],
          [t('fact.note'), referral.note ?? '–'],
          [t('ref.proposedOn'), referral.proposed_on],
          [name(ReferralState, 'sent'), reached(referral.sent_at)],
          [name(ReferralState, 'accepted'), reached(referral.accepted_at)],
          [name(ReferralState, 'returned'), reached(referral.returned_at)],
          [t('ref.advice'), referral.advice ?? '–'],
          [t('ref.checkBy'), referral.check_by ?? '–'],
          [t('ref.ending'), referral.ending ? `${name(ReferralEnd, referral.ending)} ${reached(referral.closed_at)}` : '–'],
        ]}
      />
      <p className={`${kit.line} ${kit.noPrint}`}>
        {mayRefer &&
          STEPS[referral.state].map((one, index) => (
            <Button key={one} size="compact-sm" variant={index === 0 ? 'filled' : 'default'} onClick={() => setStep(one)}>
              {t(`ref.${one}`)}
            </Button>
          ))}
        <Link href={`/patients/${patient.id}/visits`}>{t('ref.paper')}</Link>
      </p>
      {step && (
        <FormDialog
          title={t(`ref.${step}`)}
          submit={t(`ref.${step}`)}
          draftKey={`referral:${referral.id}:${step}`}
          fields={FIELDS_OF[step]}
          initial={{ institution: referral.institution ?? '', department: referral.department ?? '' }}
          send={(body) => take(step, referral.id, body)}
          onDone={(done) => {
            setStep(null);
            notify(t('ref.taken', { state: name(ReferralState, done.state) }));
            onChanged();
          }}
          onClose={() => setStep(null)}
        >
          <p className={kit.hint}>{t(`ref.${step}Hint`)}</p>
        </FormDialog>
      )}
    </Card>
  );
}
