import { useQuery } from '@tanstack/react-query';

import { api, dataOf } from '../../api/client';
import type { components } from '../../api/schema';
import { useNow } from '../../components/useNow';
import { localMoment } from '../../dates';
import { Asked } from '../../kit/Asked';
import { DataTable } from '../../kit/DataTable';
import { Card, Page, Pairs } from '../../kit/Page';
import { Tag } from '../../kit/Tag';
import { type PageWords, usePageWords } from '../../locales/pages';

type State = components['schemas']['StateOut'];
type Job = components['schemas']['JobOut'];

const EVERY = 10_000;
/** Above this the clocks of service and database are not those of one machine that is kept right. */
const SKEW_SECONDS = 5;

/** Is everything running: versions, jobs, what waits, the last message. No person stands here. */
export default function StatePage() {
  const { t } = usePageWords();
  const query = useQuery({
    queryKey: ['state'],
    queryFn: () => dataOf(api.GET('/v1/state')),
    refetchInterval: EVERY,
  });
  return (
    <Page title={t('nav.state')}>
      <Asked query={query} lines={12}>
        {(state) => (
          <>
            <Told state={state} />
            <Jobs jobs={state.jobs} />
          </>
        )}
      </Asked>
    </Page>
  );
}

function Told({ state }: { readonly state: State }) {
  const { t, say } = usePageWords();
  const skew = Math.round((Date.parse(state.now) - Date.parse(state.database_now)) / 1000);
  return (
    <Card title={t('state.installation')}>
      <Pairs
        rows={[
          [t('state.version'), `cmc ${state.version}`],
          [t('state.pages'), state.ui_build ? state.ui_build.slice(0, 12) : t('state.noPages')],
          [t('state.database'), t('state.databaseIs', { v: state.postgresql, mb: Math.round(state.database_bytes / 1e6) })],
          [
            t('state.skew'),
            <span key="skew">
              {Math.abs(skew) > SKEW_SECONDS ? <Tag tone="warn">{t('state.seconds', { n: skew })}</Tag> : t('state.seconds', { n: skew })}
            </span>,
          ],
          ...state.told.map((one) => [say(one.name), toldIn(one, t)] as const),
        ]}
      />
    </Card>
  );
}

/** How many wait and since when; or when it happened last. */
function toldIn({ count, at }: State['told'][number], t: PageWords['t']): string {
  if (count === null) return at ? localMoment(at) : t('state.never');
  return at ? `${count} · ${t('state.since', { at: localMoment(at) })}` : String(count);
}

function Jobs({ jobs }: { readonly jobs: readonly Job[] }) {
  const { t } = usePageWords();
  const now = useNow(EVERY);
  const moment = (at: string | null) => (at ? localMoment(at) : '–');
  return (
    <Card title={t('state.jobs')} flush>
      <DataTable
        caption={t('state.jobs')}
        rows={jobs}
        rowKey={(one) => one.job}
        empty={t('state.noJobs')}
        columns={[
          { head: t('state.job'), cell: (one) => <code>{one.job}</code> },
          { head: t('fact.state'), cell: (one) => <JobTag job={one} now={now} /> },
          { head: t('state.lastOk'), cell: (one) => moment(one.last_ok_at) },
          { head: t('state.lastStart'), cell: (one) => moment(one.last_started_at) },
          { head: t('state.runs'), number: true, cell: (one) => one.runs },
          { head: t('state.failures'), number: true, cell: (one) => one.failures },
          { head: t('state.error'), cell: (one) => one.last_error ?? '' },
        ]}
      />
    </Card>
  );
}

const DAY_MS = 86_400_000;

/** Failed last time; not well for more than a day and a half, whatever its rhythm; or well. */
function JobTag({ job, now }: { readonly job: Job; readonly now: number }) {
  const { t } = usePageWords();
  if (job.last_error !== null) return <Tag tone="bad">{t('state.failed')}</Tag>;
  if (job.last_ok_at === null) return <Tag tone="plain">{t('state.notYet')}</Tag>;
  if (now - Date.parse(job.last_ok_at) > 1.5 * DAY_MS) return <Tag tone="time">{t('state.old')}</Tag>;
  return <Tag tone="good">{t('state.well')}</Tag>;
}
