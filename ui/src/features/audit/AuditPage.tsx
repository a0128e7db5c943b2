import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';

import { api, dataOf } from '../../api/client';
import type { components, paths } from '../../api/schema';
import { localMoment } from '../../dates';
import { DataTable } from '../../kit/DataTable';
import { Dialog } from '../../kit/Dialog';
import { Filter } from '../../kit/Filter';
import { readDate } from '../../kit/fields';
import kit from '../../kit/kit.module.css';
import { byCursor, cursorOf, More } from '../../kit/More';
import { Card, Page, Pairs } from '../../kit/Page';
import { Act } from '../../locales/codes';
import { type PageWords, usePageWords } from '../../locales/pages';
import { goTo, useUrl } from '../../url';
import { ChainCard } from './ChainCard';
import { WhoSaw } from './WhoSaw';

type Event = components['schemas']['AuditEventOut'];
type Asked = NonNullable<paths['/v1/audit']['get']['parameters']['query']>;

/** A day of the address as the instant at which it begins here; nothing for what is no day. */
function midnight(typed: string | null): string | null {
  const day = readDate(typed ?? '');
  return day && `${day}T00:00:00+08:00`;
}

function useAsked(): Asked {
  const asked = {
    act: useUrl('act'), actor: useUrl('actor'), person: useUrl('person'), from: midnight(useUrl('from')), to: midnight(useUrl('to')),
  }; // prettier-ignore
  return Object.fromEntries(Object.entries(asked).filter(([, value]) => value)) as Asked;
}

/** What it was done to, in words; a subject without words keeps its name in the trail. */
function subjectOf({ subject }: Event, { t, has }: PageWords): string {
  const key = `table.${subject}`;
  return has(key) ? t(key) : subject;
}

/** Who did or saw what. Rows are only ever added: nothing here can be changed. */
export default function AuditPage() {
  const words = usePageWords();
  const { t, say } = words;
  const asked = useAsked();
  const [open, setOpen] = useState<Event | null>(null);
  const query = useInfiniteQuery({
    queryKey: ['audit', asked],
    queryFn: ({ pageParam }) =>
      dataOf(api.GET('/v1/audit', { params: { query: { ...asked, limit: 100, ...cursorOf(pageParam) } } })),
    ...byCursor,
  });
  const person = asked.person;
  return (
    <Page
      title={t('nav.audit')}
      aside={
        <a href={`/v1/audit/export?${new URLSearchParams(asked as Record<string, string>).toString()}`} download>
          {t('audit.export')}
        </a>
      }
    >
      {person ? <WhoSaw id={person} /> : <ChainCard />}
      <Card
        title={t('audit.events')}
        flush
        aside={
          <>
            <Filter label={t('audit.act')} param="act" codes={Act} />
            <Filter label={t('audit.actor')} param="actor" />
            <Filter label={t('audit.person')} param="person" />
            <Filter label={t('audit.from')} param="from" />
            <Filter label={t('audit.to')} param="to" />
          </>
        }
      >
        <More<Event> query={query}>
          {(rows) => (
            <DataTable
              caption={t('audit.events')}
              rows={rows}
              rowKey={(one) => String(one.seq)}
              onOpen={setOpen}
              empty={t('audit.none')}
              columns={[
                { head: '#', number: true, cell: (one) => one.seq },
                { head: t('glu.time'), cell: (one) => localMoment(one.at) },
                { head: t('audit.actor'), cell: (one) => one.actor_name ?? one.actor },
                { head: t('audit.act'), cell: (one) => say(one.act_name) },
                { head: t('audit.subject'), cell: (one) => subjectOf(one, words) },
                { head: t('audit.people'), number: true, cell: (one) => one.person_ids.length || '' },
              ]}
            />
          )}
        </More>
      </Card>
      {open && <EventDialog event={open} onClose={() => setOpen(null)} />}
    </Page>
  );
}

function EventDialog({ event, onClose }: { readonly event: Event; readonly onClose: () => void }) {
  const words = usePageWords();
  const { t, say } = words;
  return (
    <Dialog title={`#${event.seq} ${say(event.act_name)}`} onClose={onClose}>
      <Pairs
        rows={[
          [t('glu.time'), localMoment(event.at)],
          [
            t('audit.actor'),
            <>
              {event.actor_name && <strong>{event.actor_name} </strong>}
              <code>{event.actor}</code>{' '}
              <button
                type="button"
                onClick={() => {
                  onClose();
                  goTo({ actor: event.actor });
                }}
              >
                {t('audit.onlyActor')}
              </button>
            </>,
          ],
          [t('audit.subject'), `${subjectOf(event, words)} ${event.subject_id ?? ''}`],
          [t('audit.request'), event.request_id ?? '–'],
          ...Object.entries(event.detail).map(([key, value]) => [
            key,
            typeof value === 'string' ? value : <code key={key}>{JSON.stringify(value)}</code>,
          ] as const),
        ]}
      />
      {event.person_ids.slice(0, 20).map((id) => (
        <button
          key={id}
          type="button"
          className={kit.input}
          onClick={() => {
            onClose();
            goTo({ person: id, act: null, actor: null });
          }}
        >
          {t('audit.whoSaw')} {id}
        </button>
      ))}
    </Dialog>
  );
}
