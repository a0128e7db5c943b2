import type { Field } from '../../kit/fields';
import { FormDialog } from '../../kit/FormDialog';
import { usePageWords } from '../../locales/pages';
import { correctFact, draftOf, type Fact, type FactKind } from './facts';

interface CorrectDialogProps {
  readonly id: string;
  readonly kind: FactKind;
  readonly fact: Fact;
  readonly onDone: (answer: unknown) => void;
  readonly onClose: () => void;
}

const RETRACT: Field = { name: 'retract', label: 'fact.retract', kind: 'flag', wide: true };
const REASON: Field = { name: 'reason', label: 'form.reason', kind: 'text', required: true, maxLength: 200, wide: true };

/** A correction keeps what was there before, with the reason; the record can also be taken back whole. */
export function CorrectDialog({ id, kind, fact, onDone, onClose }: CorrectDialogProps) {
  const { t } = usePageWords();
  const stays = (draft: Readonly<Record<string, string>>) => draft['retract'] !== 'yes';
  const fields = [
    ...kind.fields.map((field) => ({ ...field, when: stays })),
    RETRACT,
    REASON,
  ];
  return (
    <FormDialog
      title={`${t('fact.correct')} · ${t(kind.title)}`}
      submit={t('fact.saveCorrection')}
      draftKey={`correct:${fact.version}`}
      fields={fields}
      initial={draftOf(kind, fact)}
      send={({ retract, reason, ...body }) =>
        correctFact(kind, id, fact, String(reason), retract === true ? null : body)
      }
      onDone={onDone}
      onClose={onClose}
    />
  );
}
