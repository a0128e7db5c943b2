import { clinicToday, plusDays } from '../../dates';
import type { Draft } from '../../kit/drafts';
import { type Field, readDate } from '../../kit/fields';
import { FormDialog } from '../../kit/FormDialog';
import kit from '../../kit/kit.module.css';
import { MoveReason } from '../../locales/codes';
import { usePageWords } from '../../locales/pages';
import { type Moved, movePlans, type PlanItem, type Wanted } from './plans';

const DAYS: Field = { name: 'days', label: 'plan.days', kind: 'number', required: true };
const DAY: Field = { name: 'planned_on', label: 'plan.toDay', kind: 'date', required: true };
const REASON: Field = { name: 'reason', label: 'plan.reason', kind: 'code', codes: MoveReason, required: true, wide: true };

interface MoveDialogProps {
  readonly items: readonly PlanItem[];
  /** By so many days, or to a day. */
  readonly by: 'days' | 'day';
  readonly onDone: (moved: Moved) => void;
  readonly onClose: () => void;
}

/** From which day on days are counted: what is overdue is moved from today. */
function plannedOn({ task }: PlanItem): string {
  const planned = task.planned_on ?? task.due_on;
  const today = clinicToday();
  return planned < today ? today : planned;
}

/** Whom the wish takes past the last day that the standard permits: the server says that day, and counts them too. */
function pastLimit(items: readonly PlanItem[], draft: Draft): readonly PlanItem[] {
  const day = readDate(draft['planned_on'] ?? '');
  const days = Number(draft['days']);
  return items.filter((item) => {
    const to = day ?? (draft['days'] && Number.isInteger(days) ? plusDays(plannedOn(item), days) : null);
    return to !== null && item.task.latest_on !== null && to > item.task.latest_on;
  });
}

/** Move one or several tasks with a reason; past the standard's limit it is said before, and counted after. */
export function MoveDialog({ items, by, onDone, onClose }: MoveDialogProps) {
  const { t } = usePageWords();
  const [first] = items;
  const title = items.length === 1 && first ? t('plan.moveOne', { name: first.patient.name }) : t('plan.moveMany', { n: items.length });
  return (
    <FormDialog
      title={title}
      submit={t('plan.move')}
      draftKey={`move:${items.map((one) => one.task.id).join()}`}
      fields={by === 'days' ? [DAYS, REASON] : [DAY, REASON]}
      initial={{ days: '7', reason: 'person_asked' }}
      send={(body) => movePlans(items.map((one) => one.task.id), body as unknown as Wanted)}
      onDone={onDone}
      onClose={onClose}
    >
      {(draft) => {
        const past = pastLimit(items, by === 'days' ? { days: draft['days'] ?? '' } : { planned_on: draft['planned_on'] ?? '' });
        return (
          <div aria-live="polite">
            {past.length > 0 && (
              <p className={`${kit.note} ${kit.warn}`}>
                ▲ {t('plan.pastWarning', { n: past.length, day: past[0]?.task.latest_on ?? '' })}
              </p>
            )}
          </div>
        );
      }}
    </FormDialog>
  );
}
