import { Button } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { Link } from '../../kit/Link';
import { api, dataOf } from '../../api/client';
import { useKeys } from '../../app/keys';
import { DataTable } from '../../kit/DataTable';
import { Filter } from '../../kit/Filter';
import { FormDialog } from '../../kit/FormDialog';
import kit from '../../kit/kit.module.css';
import { More } from '../../kit/More';
import { Card, Page, Switch } from '../../kit/Page';
import { Tag } from '../../kit/Tag';
import { notify } from '../../kit/toasts';
import { ReferralCause, ReferralDirection, ReferralState } from '../../locales/codes';
import { usePageWords } from '../../locales/pages';
import { goTo, useOneOf, useUrl } from '../../url';
import columns from '../alerts/Alerts.module.css';
import { type Schemas, usePerson } from '../patient/data';
import { useMay } from '../session/session';
import { useClinics } from '../today/clinics';
import { ReferralCard } from './ReferralCard';
import { type Listed, NEW, useReferralCounts, useReferrals } from './referrals';

const SHOWS = ['proposed', 'sent', 'accepted', 'returned', 'check_due', 'closed'] as const;

/** Referrals by how far they are, and those whose check within two weeks is due; of everybody, or of one person. */
export default function ReferralsPage() {
  const { t, name } = usePageWords();
  const { chosen } = useClinics();
  const queries = useQueryClient();
  const show = useOneOf('show', SHOWS);
  const person = useUrl('person');
  const asked = useUrl('kind');
  const direction = asked === 'up' || asked === 'down' ? asked : null;
  const query = useReferrals({ clinic: chosen?.id, person, direction, show });
  const counts = useReferralCounts(chosen?.id);
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  const picked = useUrl('open');
  const current = rows.find((one) => one.referral.id === picked) ?? rows[0];
  const mayRefer = useMay('visits.write');
  const [adding, setAdding] = useState(false);
  const refresh = (): void => {
    for (const queryKey of [['referrals'], ['worklist'], ['counts']]) void queries.invalidateQueries({ queryKey });
  };
  useKeys({ t: () => person && mayRefer && setAdding(true), p: () => print() });
  const count = (one: (typeof SHOWS)[number]) => (person ? '' : ` ${counts.data?.[one] ?? '…'}`);
  return (
    <Page
      title={t('nav.referrals')}
      aside={
        <>
          {person && <Who id={person} />}
          {person && mayRefer && (
            <Button size="compact-sm" onClick={() => setAdding(true)}>
              {t('ref.new')}
            </Button>
          )}
          <Filter label={t('ref.direction')} param="kind" codes={ReferralDirection} />
          <Button size="compact-sm" variant="default" className={kit.noPrint} onClick={() => print()}>
            {t('kit.print')}
          </Button>
        </>
      }
    >
      <Switch
        label={t('patients.state')}
        options={SHOWS.map((one) => [one, `${one === 'check_due' ? t('ref.checkDue') : name(ReferralState, one)}${count(one)}`] as const)}
        value={show}
        onChange={(one) => goTo({ show: one, open: null })}
      />
      <div className={columns.columns}>
        <Card title={show === 'check_due' ? t('ref.checkDue') : name(ReferralState, show)} flush>
          <More<Listed> query={query}>{(shown) => <ReferralTable rows={shown} person={person} />}</More>
        </Card>
        {current && <ReferralCard key={current.referral.id} listed={current} onChanged={refresh} />}
      </div>
      {adding && person && (
        <FormDialog
          title={t('ref.new')}
          submit={t('ref.propose')}
          draftKey={`referral:${person}`}
          fields={NEW}
          initial={{ direction: 'up' }}
          send={(body) =>
            dataOf(
              api.POST('/v1/referrals', {
                body: { ...body, patient_id: person, ...(chosen ? { clinic_id: chosen.id } : {}) } as unknown as Schemas['cmc__referrals__schemas__ReferralIn'],
              }),
            )
          }
          onDone={(made) => {
            setAdding(false);
            notify(t('ref.taken', { state: name(ReferralState, made.state) }));
            refresh();
            goTo({ show: made.state, open: made.id });
          }}
          onClose={() => setAdding(false)}
        />
      )}
    </Page>
  );
}

/** Whose referrals alone are shown, and the way back to everybody's. */
function Who({ id }: { readonly id: string }) {
  const { t } = usePageWords();
  const person = usePerson(id);
  return (
    <>
      <Link href={`/patients/${id}`}>{person.data?.name ?? '…'}</Link>
      <Button size="compact-sm" variant="default" onClick={() => goTo({ person: null, open: null })}>
        {t('ref.everybody')}
      </Button>
    </>
  );
}

function ReferralTable({ rows, person }: { readonly rows: readonly Listed[]; readonly person: string | null }) {
  const { t, name } = usePageWords();
  return (
    <DataTable
      caption={t('nav.referrals')}
      rows={rows}
      rowKey={(one) => one.referral.id}
      onOpen={(one) => goTo({ open: one.referral.id })}
      empty={t('ref.none')}
      emptyNext={!person && <Link href="/patients">{t('ref.noneNext')}</Link>}
      columns={[
        {
          head: t('col.person'),
          cell: ({ patient }) => `${patient.name} ${t(`sex.${patient.sex}`)} ${t('row.age', { n: patient.age })}`,
        },
        { head: t('ref.direction'), cell: ({ referral }) => name(ReferralDirection, referral.direction) },
        {
          head: t('ref.reason'),
          cell: ({ referral }) => (
            <>
              {referral.is_urgent && <Tag tone="bad">{t('ref.urgent')}</Tag>} {name(ReferralCause, referral.reason)}
            </>
          ),
        },
        { head: t('visit.institution'), cell: ({ referral }) => referral.institution ?? '–' },
        { head: t('ref.proposedOn'), cell: ({ referral }) => referral.proposed_on },
        {
          head: t('ref.checkBy'),
          cell: ({ referral, is_check_overdue }) => (
            <>
              {referral.check_by ?? '–'} {is_check_overdue && <Tag tone="time">{t('ref.checkOverdue')}</Tag>}
            </>
          ),
        },
      ]}
    />
  );
}
