import { Button } from '@mantine/core';
import { useState } from 'react';
import { navigate } from 'wouter/use-browser-location';

import { Link } from '../../kit/Link';
import { api, dataOf } from '../../api/client';
import { Asked } from '../../kit/Asked';
import { OneField } from '../../kit/Fields';
import { FormDialog } from '../../kit/FormDialog';
import kit from '../../kit/kit.module.css';
import { Notice } from '../../components/Notice';
import { notify } from '../../kit/toasts';
import { usePageWords } from '../../locales/pages';
import type { Schemas } from '../patient/data';
import { draftOfVisit } from './body';
import { REASON } from './fields';
import { useEncounter } from './opening';
import { Saved } from './Saved';
import { Side } from './Side';
import { useVisit } from './useVisit';
import { VisitForm } from './VisitForm';

interface CorrectionProps {
  readonly id: string;
  readonly encounter: string;
}

/** A stored visit that was written wrongly: its whole form, said anew with the reason. */
export default function Correction({ id, encounter }: CorrectionProps) {
  const { t } = usePageWords();
  const query = useEncounter(encounter);
  return (
    <Asked query={query} lines={14}>
      {({ stands, versions }) => {
        const last = versions[versions.length - 1];
        if (!stands || !last) {
          return (
            <Notice title={t('visit.isWithdrawn')}>
              <Link href={`/patients/${id}/visits`}>{t('nav.visits')}</Link>
            </Notice>
          );
        }
        return <Corrected id={id} seen={last} />;
      }}
    </Asked>
  );
}

function Corrected({ id, seen: known }: { readonly id: string; readonly seen: Schemas['EncounterOut'] }) {
  const { t } = usePageWords();
  const [seen] = useState(known); // the version that was opened: a newer one is not overwritten unseen
  const [withdrawing, setWithdrawing] = useState(false);
  const { encounter_id } = seen;
  const visit = useVisit({
    id,
    key: `correct-visit:${encounter_id}:${seen.version}`,
    initial: draftOfVisit(seen),
    corrects: encounter_id,
    send: (body, draft, key) =>
      dataOf(
        api.POST('/v1/followups/{encounter_id}:correct', {
          params: { path: { encounter_id }, header: { 'if-match': `"${seen.version}"`, 'idempotency-key': key } },
          body: { reason: draft['reason'] ?? '', visit: body },
        }),
      ),
  });
  if (visit.saved) return <Saved id={id} saved={visit.saved} />;
  const { draft, set, faults } = visit;
  return (
    <>
      <VisitForm
        visit={visit}
        notes={{}}
        submit={t(visit.isIncomplete ? 'visit.saveAnyway' : 'fact.saveCorrection')}
        foot={
          <>
            <Button size="xs" variant="default" onClick={() => setWithdrawing(true)}>
              {t('visit.withdraw')}
            </Button>
            <Link className={kit.hint} href={`/patients/${id}/visits`}>
              {t('nav.visits')}
            </Link>
            <span className="muted">{t('visit.version', { n: seen.version })}</span>
          </>
        }
        side={<Side judged={visit.assessment.data} error={visit.assessment.error} />}
      >
        <div className={kit.card}>
          <div className={kit.cardBody}>
            <OneField field={REASON} value={draft['reason'] ?? ''} set={set} fault={faults['reason']} />
          </div>
        </div>
      </VisitForm>
      {withdrawing && (
        <FormDialog
          title={t('visit.withdraw')}
          submit={t('visit.withdrawIt')}
          draftKey={`withdraw-visit:${encounter_id}`}
          fields={[{ ...REASON, label: 'visit.withdrawWhy', wide: true }]}
          send={({ reason }) =>
            dataOf(
              api.POST('/v1/followups/{encounter_id}:withdraw', {
                params: { path: { encounter_id }, header: { 'if-match': `"${seen.version}"` } },
                body: { reason: String(reason) },
              }),
            )
          }
          onDone={() => {
            visit.reset();
            notify(t('visit.withdrawn'));
            navigate(`/patients/${id}/visits`);
          }}
          onClose={() => setWithdrawing(false)}
        >
          <p className={kit.hint}>{t('visit.withdrawHint')}</p>
        </FormDialog>
      )}
    </>
  );
}
