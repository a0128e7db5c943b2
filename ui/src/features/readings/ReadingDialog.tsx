import { Button } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';

import { api, dataOf } from '../../api/client';
import { ApiError } from '../../api/errors';
import { localMoment, plusDays } from '../../dates';
import { Dialog } from '../../kit/Dialog';
import type { Draft } from '../../kit/drafts';
import { readDate } from '../../kit/fields';
import { FormDialog } from '../../kit/FormDialog';
import kit from '../../kit/kit.module.css';
import { newKey } from '../../kit/new-key';
import { Tag } from '../../kit/Tag';
import { notify } from '../../kit/toasts';
import { AlertTier } from '../../locales/codes';
import { glucoseText } from '../../kit/values';
import { usePageWords } from '../../locales/pages';
import type { Schemas } from '../patient/data';
import { itemsOf, meanOf, mgOrMmol, READING, roundsAlike, sameAs, valuesOf } from './body';

interface ReadingDialogProps {
  readonly id: string;
  readonly onClose: () => void;
}

type Reading = Schemas['ReadingOut'];

interface Sent {
  readonly stored: readonly Reading[];
  /** How many were on file already, the same to the second. */
  readonly again: number;
  /** How many were kept aside for a person to look at. */
  readonly held: number;
}

/** Send the readings, then read how the server judged them. Refused ones are told at the form. */
async function post(id: string, body: Record<string, unknown>, key: string): Promise<Sent> {
  const items = itemsOf(body, id);
  const answer = await dataOf(
    api.POST('/v1/readings', {
      params: { header: { 'Idempotency-Key': key } },
      body: { items } as never,
    }),
  );
  if (!('results' in answer)) throw new Error('a batch is answered item by item');
  const place = body['kind'] === 'glucose' ? '' : '/bp/$1'; // where the form has what the batch calls items/0
  const faults = answer.results
    .flatMap((one) => one.errors ?? [])
    .map((fault) => ({ ...fault, pointer: fault.pointer.replace(/^\/items\/(\d+)/, place) }));
  if (answer.results.some((one) => one.status === 'rejected')) throw new ApiError(422, null, 'refused', 'reading-refused', faults);
  const stored = await dataOf(
    api.GET('/v1/patients/{patient_id}/readings', { params: { path: { patient_id: id }, query: { limit: 20 } } }),
  );
  const ids = new Set(answer.results.filter((one) => one.status === 'created').map((one) => one.id));
  const again = answer.results.filter((one) => one.status === 'duplicate').length;
  const held = answer.results.filter((one) => one.status === 'quarantined' || one.status === 'conflict').length;
  return { stored: stored.items.filter((one) => ids.has(one.id)), again, held };
}

/** Type a reading; what is critical is said at once, as the server judged it. */
export default function ReadingDialog({ id, onClose }: ReadingDialogProps) {
  const { t } = usePageWords();
  const queries = useQueryClient();
  const [critical, setCritical] = useState<readonly Reading[]>([]);
  const sent = useRef({ body: '', key: '' });
  const [initial] = useState<Draft>(() => ({
    kind: 'blood_pressure',
    setting: 'office',
    at: localMoment(Date.now()).replace(' ', 'T'),
  }));
  if (critical.length > 0) return <Critical readings={critical} onClose={onClose} />;
  return (
    <FormDialog
      title={t('rd.title')}
      submit={t('rd.save')}
      draftKey={`reading:${id}`}
      fields={READING}
      initial={initial}
      send={(body) => {
        const text = JSON.stringify(body); // the same again, such as after a lost answer, goes under the same key
        if (sent.current.body !== text) sent.current = { body: text, key: newKey() };
        return post(id, body, sent.current.key);
      }}
      onDone={({ stored, again, held }) => {
        void queries.invalidateQueries({ queryKey: ['patient', id] });
        const alarms = stored.filter((one) => one.alert_tier === 'RED');
        if (stored.length > 0) notify(t('rd.saved', { n: stored.length }));
        if (again > 0) notify(t('rd.already', { n: again }));
        if (held > 0) notify(t('rd.held', { n: held }));
        if (alarms.length > 0) setCritical(alarms);
        else onClose();
      }}
      onClose={onClose}
    >
      {(draft) => <Advice id={id} draft={draft} />}
    </FormDialog>
  );
}

const PAUSE_MS = 250;

/** Would one of the values be critical? Asked of the server as they are typed, by the rule that judges what is stored. */
function useIsCritical(draft: Draft): boolean {
  const [values] = useDebouncedValue(JSON.stringify(valuesOf(draft)), PAUSE_MS);
  const judged = useQuery({
    queryKey: ['judge', values],
    queryFn: () => dataOf(api.POST('/v1/readings:judge', { body: { items: JSON.parse(values) as Schemas['ValueIn'][] } })),
    enabled: values !== '[]',
    retry: false,
    gcTime: 0,
  });
  return judged.data?.items.some((one) => one.alert_tier === 'RED') ?? false;
}

/** Readings typed twice: two rounds alike, or the values of a reading on file within a minute of the time given. */
function useSame(id: string, draft: Draft): string | null {
  const { t } = usePageWords();
  const [at] = useDebouncedValue(draft['at'] ?? '', PAUSE_MS);
  const day = at.slice(0, 10);
  const kind = draft['kind'] === 'glucose' ? 'glucose' : 'blood_pressure';
  const near = useQuery({
    queryKey: ['patient', id, 'readings', 'near', kind, day],
    queryFn: () =>
      dataOf(
        api.GET('/v1/patients/{patient_id}/readings', {
          params: { path: { patient_id: id }, query: { kind, from: day, to: plusDays(day, 1), limit: 100 } },
        }),
      ),
    enabled: readDate(day) !== null,
    retry: false,
  });
  const rounds = roundsAlike(draft);
  if (rounds) return t('rd.rounds', { a: rounds[0], b: rounds[1] });
  const found = sameAs(draft, near.data?.items ?? []);
  return found ? t('rd.same', { at: localMoment(found.taken_at) }) : null;
}

/** What is critical before it is saved, the mean of a sitting, and the doubt about a unit. */
function Advice({ id, draft }: { readonly id: string; readonly draft: Draft }) {
  const { t } = usePageWords();
  const isCritical = useIsCritical(draft);
  const mean = draft['kind'] === 'blood_pressure' ? meanOf(draft) : null;
  const doubt = draft['kind'] === 'glucose' ? mgOrMmol((draft['value'] ?? '').normalize('NFKC')) : null;
  const same = useSame(id, draft);
  return (
    <div aria-live="polite">
      {isCritical && (
        <div className={kit.note} data-critical>
          <Tag tone="bad">{t('rd.critical')}</Tag>
          <WhatToDo />
        </div>
      )}
      {mean && <p>{t('rd.mean', { value: mean })}</p>}
      {doubt && <p className={kit.fault}>▲ {t(doubt)}</p>}
      {same && <p className={kit.fault}>{same}</p>}
    </div>
  );
}

function Critical({ readings, onClose }: { readonly readings: readonly Reading[]; readonly onClose: () => void }) {
  const { t, name } = usePageWords();
  return (
    <Dialog title={t('rd.critical')} onClose={onClose}>
      <div role="alert">
        {readings.map((one) => (
          <p key={one.id}>
            <Tag tone="bad">{name(AlertTier, one.alert_tier)}</Tag>{' '}
            <strong>
              {one.kind === 'glucose' ? `${one.flag ?? glucoseText(one.glucose_mmol_l ?? '')} mmol/L` : `${one.systolic_mmhg}/${one.diastolic_mmhg} mmHg`}
            </strong>{' '}
            {localMoment(one.taken_at)}
          </p>
        ))}
        <WhatToDo />
      </div>
      <Button onClick={onClose}>{t('today.dismiss')}</Button>
    </Dialog>
  );
}

function WhatToDo() {
  const { t } = usePageWords();
  return (
    <ul>
      <li>{t('rd.recheck')}</li>
      <li>{t('rd.doctor')}</li>
      <li>{t('rd.refer')}</li>
    </ul>
  );
}
