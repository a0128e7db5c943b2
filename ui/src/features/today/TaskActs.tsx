import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';

import { api, dataOf } from '../../api/client';
import type { WorkItem } from '../../api/types';
import type { components } from '../../api/schema';
import { clinicToday, plusDays } from '../../dates';
import { Asked } from '../../kit/Asked';
import { Dialog } from '../../kit/Dialog';
import { type Field, refusal } from '../../kit/fields';
import { FormDialog } from '../../kit/FormDialog';
import kit from '../../kit/kit.module.css';
import { notify } from '../../kit/toasts';
import { DoneReason, SnoozeReason } from '../../locales/codes';
import { usePageWords } from '../../locales/pages';
import { useMe } from '../session/session';
import { useClinics } from './clinics';

type Batch = components['schemas']['TaskBatchIn'];
type Answer = components['schemas']['TaskBatchOut'];

export interface Act {
  readonly kind: 'assign' | 'give' | 'release' | 'snooze' | 'done';
  readonly items: readonly WorkItem[];
}

const FIELDS: Readonly<Record<'snooze' | 'done', readonly Field[]>> = {
  snooze: [
    { name: 'until', label: 'work.until', kind: 'date', required: true },
    { name: 'snooze_reason', label: 'work.why', kind: 'code', codes: SnoozeReason, required: true, wide: true },
  ],
  done: [{ name: 'done_reason', label: 'work.why', kind: 'code', codes: DoneReason, required: true, wide: true }],
};

/** Who records visits at a clinic: whom its tasks may be given to. */
const useStaff = (clinic: string | undefined, on: boolean) =>
  useQuery({
    queryKey: ['staff', clinic],
    queryFn: () => dataOf(api.GET('/v1/plans/staff', { params: { query: { clinic: clinic ?? '' } } })),
    enabled: on && clinic !== undefined,
    staleTime: 600_000,
  });

/** As many tasks as one request takes. */
const MOST = 100;

interface TaskActsProps {
  readonly act: Act;
  readonly onDone: () => void;
  readonly onClose: () => void;
}

/** One act on one or several tasks; what was done can be taken back, and what was refused is said with its reason. */
export default function TaskActs({ act, onDone, onClose }: TaskActsProps) {
  const { kind } = act;
  const { t } = usePageWords();
  const { send, told } = useActing(act, onDone);
  const clinic = useClinics().chosen?.id;
  const staff = useStaff(clinic, kind === 'give');
  if (kind === 'assign' || kind === 'release') return <AtOnce send={() => send({ act: 'assign' })} onDone={told} onClose={onClose} />;
  if (kind === 'give' && !staff.data) {
    return (
      <Dialog title={t('work.giveTitle', { n: act.items.length })} onClose={onClose}>
        <Asked query={staff}>{() => null}</Asked>
      </Dialog>
    );
  }
  const people = staff.data?.items.map((one) => [one.id, one.name, one.name] as const) ?? [];
  const fields: readonly Field[] =
    kind === 'give' ? [{ name: 'assignee_id', label: 'plan.assignee', kind: 'code', codes: people, required: true, wide: true }] : FIELDS[kind];
  return (
    <FormDialog
      title={t(`work.${kind}Title`, { n: act.items.length })}
      submit={t(`work.${kind}`)}
      draftKey={`task:${kind}:${act.items.map((one) => one.id).join()}`}
      fields={fields}
      initial={{ until: plusDays(clinicToday(), 3) }}
      send={(body) => send({ act: kind === 'give' ? 'assign' : kind, ...body })}
      onDone={told}
      onClose={onClose}
    >
      <p className={kit.hint}>{t(`work.${kind}Hint`)}</p>
    </FormDialog>
  );
}

function useActing({ kind, items }: Act, onDone: () => void) {
  const words = usePageWords();
  const { t, has } = words;
  const me = useMe().data?.id ?? null;
  const queries = useQueryClient();
  const refresh = (): void => {
    for (const queryKey of [['worklist'], ['counts'], ['plans']]) void queries.invalidateQueries({ queryKey });
  };

  function send(body: Pick<Batch, 'act'> & Record<string, unknown>): Promise<Answer> {
    const task_ids = items.slice(0, MOST).map((one) => one.id);
    const own = kind === 'assign' ? { assignee_id: me } : kind === 'release' ? { assignee_id: null } : {};
    return dataOf(api.POST('/v1/worklist:batch', { body: { ...body, ...own, task_ids } }));
  }

  async function undo(task_ids: readonly string[]): Promise<void> {
    try {
      for (const task_id of task_ids) {
        await dataOf(api.POST('/v1/worklist/{task_id}:undo', { params: { path: { task_id } } }));
      }
    } catch (error) {
      notify(refusal(error, words));
    }
    refresh();
  }

  function told(answer: Answer): void {
    refresh();
    onDone();
    const done = answer.results.filter((one) => one.task).map((one) => one.task_id);
    if (done.length > 0) notify(t(`work.${kind}Done`, { n: done.length }), () => void undo(done));
    const refused = answer.results.filter((one) => !one.task);
    for (const code of new Set(refused.map((one) => one.code))) {
      const key = `refused.${code}`;
      const [first] = refused.filter((one) => one.code === code);
      notify(`▲ ${t('work.refused', { n: refused.filter((one) => one.code === code).length })} ${has(key) ? t(key) : (first?.detail ?? '')}`);
    }
  }
  return { send, told };
}

interface AtOnceProps {
  readonly send: () => Promise<Answer>;
  readonly onDone: (answer: Answer) => void;
  readonly onClose: () => void;
}

/** What needs no words is done at once; it can be taken back. */
function AtOnce({ send, onDone, onClose }: AtOnceProps) {
  const words = usePageWords();
  const begun = useRef(false);
  useEffect(() => {
    if (begun.current) return;
    begun.current = true;
    send().then(onDone, (error: unknown) => {
      notify(refusal(error, words));
      onClose();
    });
  }, [send, onDone, onClose, words]);
  return null;
}
