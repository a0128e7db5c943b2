import { Button } from '@mantine/core';

import { useNow } from '../../components/useNow';
import { localMoment } from '../../dates';
import { DataTable } from '../../kit/DataTable';
import { Filter } from '../../kit/Filter';
import kit from '../../kit/kit.module.css';
import { More } from '../../kit/More';
import { Card, Page, Switch } from '../../kit/Page';
import { AlertOutcome, AlertStatus, AlertTier, Level } from '../../locales/codes';
import { usePageWords } from '../../locales/pages';
import { goTo, useOneOf, useUrl } from '../../url';
import { useClinics } from '../today/clinics';
import { AlertDetailCard } from './AlertDetailCard';
import classes from './Alerts.module.css';
import { type Alert, type AlertTierCode, useAlerts } from './alerts';
import { TierTag } from './TierTag';

const LEVELS = Level.map((code) => code[0] as Alert['level']);
const TIERS = AlertTier.map((code) => code[0] as AlertTierCode);

/** What waits for somebody, worst first; one beside the list with what happened and what to do. */
export default function AlertsPage() {
  const { t, say, name } = usePageWords();
  const { chosen } = useClinics();
  const state = useOneOf('state', ['open', 'done']);
  const asked = useUrl('kind');
  const tier = TIERS.find((one) => one === asked) ?? null;
  const upTo = useUrl('level');
  const level = LEVELS.find((one) => one === upTo) ?? null;
  const query = useAlerts({ clinic: chosen?.id, closed: state === 'done', tier, level });
  const now = useNow(60_000);
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  const picked = useUrl('open');
  const current = picked ?? rows[0]?.id;
  return (
    <Page
      title={t('nav.alerts')}
      aside={
        <>
          <Filter label={t('alert.tier')} param="kind" codes={AlertTier} />
          <Filter label={t('alert.level')} param="level" codes={Level} />
          <Switch
            label={t('patients.state')}
            options={[
              ['open', t('alert.waiting')],
              ['done', t('alert.closedOnes')],
            ]}
            value={state}
            onChange={(one) => goTo({ state: one, open: null })}
          />
          <Button size="compact-sm" variant="default" className={kit.noPrint} onClick={() => print()}>
            {t('kit.print')}
          </Button>
        </>
      }
    >
      <div className={classes.columns}>
        <Card title={t('alert.list')} flush>
          <More<Alert> query={query}>
            {(shown) => (
              <DataTable
                caption={t('alert.list')}
                rows={shown}
                rowKey={(one) => one.id}
                onOpen={(one) => goTo({ open: one.id })}
                empty={t(state === 'open' ? 'alert.none' : 'alert.noneClosed')}
                emptyNext={
                  (tier ?? level) && (
                    <Button size="xs" onClick={() => goTo({ kind: null, level: null })}>
                      {t('alert.allTiers')}
                    </Button>
                  )
                }
                columns={[
                  { head: t('alert.tier'), cell: (one) => <TierTag tier={one.tier} /> },
                  { head: t('col.person'), cell: (one) => one.person?.name ?? t('alert.thing') },
                  { head: t('col.reason'), cell: (one) => <span className={classes.wrap}>{say(one.words)}</span> },
                  { head: t('alert.raised'), cell: (one) => localMoment(one.raised_at) },
                  { head: t('alert.level'), cell: (one) => name(Level, one.level) },
                  {
                    head: t('alert.state'),
                    cell: (one) => (
                      <>
                        {one.outcome ? name(AlertOutcome, one.outcome) : name(AlertStatus, one.status)}
                        {one.status === 'open' && Date.parse(one.answer_by) < now && (
                          <strong className={classes.late}> ◷ {t('alert.late')}</strong>
                        )}
                      </>
                    ),
                  },
                ]}
              />
            )}
          </More>
        </Card>
        {current && <AlertDetailCard key={current} id={current} onDone={() => goTo({ open: null })} />}
      </div>
    </Page>
  );
}
