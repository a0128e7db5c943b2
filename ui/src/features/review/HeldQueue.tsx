import { useState } from 'react';

import { useNow } from '../../components/useNow';
import { localMoment } from '../../dates';
import { DataTable } from '../../kit/DataTable';
import { More } from '../../kit/More';
import { Card, Page, Switch } from '../../kit/Page';
import { Tag } from '../../kit/Tag';
import { Resolution } from '../../locales/codes';
import { type PageKey, type PageWords, usePageWords } from '../../locales/pages';
import { goTo, useOneOf, useUrl } from '../../url';
import { useClinics } from '../today/clinics';
import { type Held, useHeldList, valueOf } from './held';
import { HeldDetailCard } from './HeldDetailCard';
import classes from './Review.module.css';

interface HeldQueueProps {
  readonly title: PageKey;
  readonly unmatched: boolean;
}

export const reasonsOf = (held: Held, { t, has, language }: PageWords): string =>
  held.reasons
    .map(({ code, detail }) => {
      const key = `fault.${code}`;
      return language !== 'en' && has(key) ? t(key) : detail;
    })
    .join(' ');

/** One after the other: the queue on the left, the reading on the right. */
export function HeldQueue({ title, unmatched }: HeldQueueProps) {
  const words = usePageWords();
  const { t, name } = words;
  const { chosen } = useClinics();
  const state = useOneOf('state', ['open', 'done']);
  const only = useOneOf('only', ['all', 'dangerous']);
  const picked = useUrl('open');
  const now = useNow(60_000);
  const [skipped, setSkipped] = useState<string | null>(null);
  const query = useHeldList({ unmatched, resolved: state === 'done', clinic: unmatched ? undefined : chosen?.id, dangerous: only === 'dangerous' });
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  const current = rows.find((one) => one.id === picked) ?? (picked === null ? rows.find((one) => one.id !== skipped) : undefined);

  /** The next one of the queue, once this one is dealt with. */
  function next(): void {
    const here = rows.findIndex((one) => one.id === current?.id);
    setSkipped(current?.id ?? null);
    goTo({ open: rows[here + 1]?.id ?? null });
  }

  return (
    <Page
      title={t(title)}
      aside={
        <>
        <Switch
          label={t('held.which')}
          options={[
            ['all', t('held.every')],
            ['dangerous', t('held.dangerous')],
          ]}
          value={only}
          onChange={(one) => goTo({ only: one, open: null })}
        />
        <Switch
          label={t('patients.state')}
          options={[
            ['open', t('held.open')],
            ['done', t('held.decided')],
          ]}
          value={state}
          onChange={(one) => goTo({ state: one, open: null })}
        />
        </>
      }
    >
      <div className={classes.columns}>
        <Card title={t('held.queue')} flush>
          <More<Held> query={query}>
            {(shown) => (
              <DataTable
                caption={t('held.queue')}
                rows={shown}
                rowKey={(one) => one.id}
                onOpen={(one) => goTo({ open: one.id })}
                empty={t(state === 'open' ? 'held.none' : 'held.noneDecided')}
                columns={[
                  { head: t('held.received'), cell: (one) => localMoment(one.received_at) },
                  { head: t('fact.value'), number: true, cell: (one) => valueOf(one.item) },
                  { head: t('held.device'), cell: (one) => <Device held={one} /> },
                  { head: t('held.why'), cell: (one) => reasonsOf(one, words) },
                  {
                    head: t('fact.state'),
                    cell: (one) =>
                      one.resolution ? (
                        <Tag tone="good">{name(Resolution, one.resolution)}</Tag>
                      ) : (
                        <Waiting held={one} now={now} />
                      ),
                  },
                ]}
              />
            )}
          </More>
        </Card>
        {current && <HeldDetailCard key={current.id} id={current.id} onDone={next} />}
      </div>
    </Page>
  );
}

function Device({ held }: { readonly held: Held }) {
  const { t } = usePageWords();
  return (
    <>
      {held.device ?? '–'} {held.calibration_overdue && <Tag tone="time">{t('rd.calibration')}</Tag>}
    </>
  );
}

/** What it is held for; a dangerous value says until when it is to be looked at, and that the manager was told. */
function Waiting({ held, now }: { readonly held: Held; readonly now: number }) {
  const { t } = usePageWords();
  return (
    <>
      <Tag tone={held.kind === 'conflict' ? 'bad' : 'warn'}>{t(`held.kind_${held.kind}`)}</Tag>
      {held.review_by && (
        <Tag tone="bad">
          {Date.parse(held.review_by) <= now ? t('held.told') : t('held.reviewBy', { at: localMoment(held.review_by).slice(-5) })}
        </Tag>
      )}
    </>
  );
}
