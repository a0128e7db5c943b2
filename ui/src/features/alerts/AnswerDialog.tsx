import type { Field } from '../../kit/fields';
import { FormDialog } from '../../kit/FormDialog';
import { notify } from '../../kit/toasts';
import { AlertOutcome, Promise as Promises } from '../../locales/codes';
import { usePageWords } from '../../locales/pages';
import { acknowledge, type AlertDetail, close, useAlertsChanged } from './alerts';

export type Answer = 'acknowledge' | 'close';

/** The outcomes that only the service itself gives are not offered. */
const OF_PEOPLE = ['called', 'repeated_fine', 'treated', 'referred', 'not_real', 'unreachable', 'other'];

const FIELDS: Readonly<Record<Answer, readonly Field[]>> = {
  acknowledge: [{ name: 'promise', label: 'alert.promise', kind: 'code', codes: Promises, required: true, wide: true }],
  close: [
    {
      name: 'outcome', label: 'alert.outcome', kind: 'code', required: true, wide: true,
      codes: AlertOutcome.filter((code) => OF_PEOPLE.includes(code[0])),
    },
    { name: 'note', label: 'alert.note', kind: 'area', wide: true, maxLength: 1000, hint: 'alert.noteHint' },
  ],
}; // prettier-ignore

interface AnswerDialogProps {
  readonly id: string;
  readonly answer: Answer;
  readonly onClose: () => void;
  readonly onDone?: (alert: AlertDetail) => void;
}

/** Take an alert on, or close it with what was done. */
export default function AnswerDialog({ id, answer, onClose, onDone }: AnswerDialogProps) {
  const { t } = usePageWords();
  const changed = useAlertsChanged();
  return (
    <FormDialog
      title={t(`alert.${answer}`)}
      submit={t(`alert.${answer}`)}
      draftKey={`alert:${id}:${answer}`}
      fields={FIELDS[answer]}
      send={(body) => (answer === 'close' ? close(id, body) : acknowledge(id, body))}
      onDone={(alert) => {
        notify(t(answer === 'close' ? 'alert.closedNow' : 'alert.acknowledgedNow'));
        changed();
        onDone?.(alert);
        onClose();
      }}
      onClose={onClose}
    />
  );
}
