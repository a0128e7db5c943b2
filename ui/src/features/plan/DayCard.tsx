import { Button } from '@mantine/core';
import { useState } from 'react';

import { Link } from '../../kit/Link';
import { useKeys } from '../../app/keys';
import { monthOf } from '../../dates';
import { DataTable, focusedRow } from '../../kit/DataTable';
import { refusal } from '../../kit/fields';
import kit from '../../kit/kit.module.css';
import { More } from '../../kit/More';
import { Card } from '../../kit/Page';
import { Tag } from '../../kit/Tag';
import { notify } from '../../kit/toasts';
import { Disease, TaskKind } from '../../locales/codes';
import { usePageWords } from '../../locales/pages';
import { goTo, useUrl } from '../../url';
import { useMay } from '../session/session';
import { MoveDialog } from './MoveDialog';
import { type Moved, type PlanDay, type PlanItem, undoAll, usePlanItems } from './plans';

interface DayCardProps {
  readonly clinic: string | undefined;
  readonly on: string;
  readonly day: PlanDay | undefined;
  /** The next day with something planned. */
  readonly next: string | undefined;
  readonly onChanged: () => void;
}

/** What is planned on one day, by nurse; chosen rows are moved together. */
export function DayCard({ clinic, on, day, next, onChanged }: DayCardProps) {
  const words = usePageWords();
  const { t } = words;
  const assignee = useUrl('actor');
  const query = usePlanItems(clinic, on, assignee);
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  const mayMove = useMay('visits.write');
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const [moving, setMoving] = useState<{ items: readonly PlanItem[]; by: 'days' | 'day' } | null>(null);
  const toggle = (id: string): void => setChosen(chosen.includes(id) ? chosen.filter((one) => one !== id) : [...chosen, id]);
  const picked = rows.filter((one) => chosen.includes(one.task.id));
  const start = (by: 'days' | 'day'): void => {
    const at = rows.find((one) => one.task.id === focusedRow());
    const items = picked.length > 0 ? picked : at ? [at] : [];
    if (mayMove && items.length > 0) setMoving({ items, by });
  };
  useKeys({
    x: () => {
      const id = focusedRow();
      if (id) toggle(id);
    },
    e: () => start('day'),
    '+': () => start('days'),
  });

  function moved(answer: Moved): void {
    const done = answer.results.filter((one) => one.task).map((one) => one.task_id);
    setMoving(null);
    setChosen([]);
    onChanged();
    const said = [
      t('plan.moved', { n: answer.done }),
      ...(answer.past_limit > 0 ? [`▲ ${t('plan.movedPast', { n: answer.past_limit })}`] : []),
      ...(answer.refused > 0 ? [`▲ ${t('plan.refused', { n: answer.refused })}`] : []),
    ].join(' ');
    notify(said, done.length === 0 ? undefined : () => void undoAll(done).then(onChanged, (error: unknown) => notify(refusal(error, words))));
  }

  return (
    <Card
      title={t('plan.dayOf', { day: on, n: day?.planned ?? 0 })}
      flush
      aside={
        mayMove && (
          <span className={`${kit.line} ${kit.noPrint}`}>
            <span className="muted">{t('plan.chosen', { n: picked.length })}</span>
            <Button size="compact-sm" variant="default" onClick={() => setChosen(picked.length === rows.length ? [] : rows.map((one) => one.task.id))}>
              {t('plan.all')}
            </Button>
            <Button size="compact-sm" variant="default" disabled={picked.length === 0} onClick={() => start('days')}>
              {t('plan.byDays')}
            </Button>
            <Button size="compact-sm" disabled={picked.length === 0} onClick={() => start('day')}>
              {t('plan.moveTo')}
            </Button>
          </span>
        )
      }
    >
      <Nurses day={day} assignee={assignee} />
      <More<PlanItem> query={query}>
        {(shown) => <DayTable rows={shown} chosen={chosen} onToggle={mayMove ? toggle : undefined} names={namesOf(day)} next={next} />}
      </More>
      {moving && <MoveDialog {...moving} onDone={moved} onClose={() => setMoving(null)} />}
    </Card>
  );
}

const namesOf = (day: PlanDay | undefined): ReadonlyMap<string, string> =>
  new Map(day?.nurses.map((one) => [one.assignee_id ?? '', one.name ?? '']) ?? []);

/** Who has how much of what can be done; one of them narrows the list. */
function Nurses({ day, assignee }: { readonly day: PlanDay | undefined; readonly assignee: string | null }) {
  const { t } = usePageWords();
  const nurses = day?.nurses ?? [];
  if (nurses.length === 0) return null;
  const show = (actor: string | null) => () => goTo({ actor });
  return (
    <div className={kit.tabs} style={{ padding: '0.375rem 0.5rem' }} role="group" aria-label={t('plan.nurses')}>
      <button type="button" aria-pressed={assignee === null} onClick={show(null)}>
        {t('patients.all')} {day?.planned}
      </button>
      {nurses.map((one) => (
        <button
          key={one.assignee_id ?? 'none'}
          type="button"
          aria-pressed={assignee === (one.assignee_id ?? 'none')}
          onClick={show(one.assignee_id ?? 'none')}
        >
          {one.assignee_id === null ? t('plan.nobody') : one.name} {one.planned}
          {one.assignee_id !== null && ` / ${one.capacity}`} {one.is_over && <span aria-label={t('plan.over')}>▲</span>}
        </button>
      ))}
    </div>
  );
}

interface DayTableProps {
  readonly rows: readonly PlanItem[];
  readonly chosen: readonly string[];
  readonly names: ReadonlyMap<string, string>;
  readonly next: string | undefined;
  readonly onToggle: ((id: string) => void) | undefined;
}

function DayTable({ rows, chosen, names, next, onToggle }: DayTableProps) {
  const { t, say, name } = usePageWords();
  return (
    <DataTable
      caption={t('plan.day')}
      rows={rows}
      rowKey={(one) => one.task.id}
      onOpen={onToggle && ((one) => onToggle(one.task.id))}
      empty={t('plan.none')}
      emptyNext={
        next && (
          <Button size="xs" onClick={() => goTo({ open: next, from: monthOf(next), actor: null })}>
            {t('plan.next', { day: next })}
          </Button>
        )
      }
      columns={[
        {
          head: t('plan.choose'),
          cell: ({ task, patient }) =>
            onToggle && (
              <input
                type="checkbox"
                aria-label={`${t('plan.choose')} ${patient.name}`}
                checked={chosen.includes(task.id)}
                onChange={() => onToggle(task.id)}
              />
            ),
        },
        {
          head: t('col.person'),
          cell: ({ patient }) => (
            <Link href={`/patients/${patient.id}`}>
              {patient.name} {t(`sex.${patient.sex}`)} {t('row.age', { n: patient.age })}
            </Link>
          ),
        },
        { head: t('plan.kind'), cell: ({ task }) => <span title={say(task.reason)}>{name(TaskKind, task.kind)}</span> },
        { head: t('patients.disease'), cell: ({ task }) => name(Disease, task.disease) },
        { head: t('plan.due'), cell: ({ task }) => task.due_on },
        {
          head: t('plan.latest'),
          cell: ({ task }) => (
            <>
              {task.latest_on ?? '–'} {task.past_limit && <Tag tone="time">{t('plan.isPast')}</Tag>}
            </>
          ),
        },
        {
          head: t('plan.assignee'),
          cell: ({ task }) => (task.assignee_id === null ? '–' : (names.get(task.assignee_id) ?? '●')),
        },
      ]}
    />
  );
}
