import { api, dataOf } from '../../api/client';
import { clinicToday } from '../../dates';
import type { Field } from '../../kit/fields';
import { FormDialog } from '../../kit/FormDialog';
import kit from '../../kit/kit.module.css';
import { Disease, EndReason } from '../../locales/codes';
import { usePageWords } from '../../locales/pages';
import { type Schemas, useEnrolments } from '../patient/data';

interface EndDialogProps {
  readonly patient: Schemas['PatientListed'];
  readonly reason: Schemas['EndReason'];
  readonly onDone: () => void;
  readonly onClose: () => void;
}

/** What was told on the phone ends the management only when somebody records it so. */
export function EndDialog({ patient, reason, onDone, onClose }: EndDialogProps) {
  const { t, name } = usePageWords();
  const query = useEnrolments(patient.id);
  if (!query.data) return null;
  const open = query.data.items.filter((one) => one.state !== 'TERMINATED');
  const codes = Disease.filter((code) => open.some((one) => one.disease === code[0]));
  const isDeath = reason === 'DIED'; // ends whatever the person is managed for
  const fields: readonly Field[] = [
    { name: 'on', label: isDeath ? 'recall.diedOn' : 'recall.movedOn', kind: 'date', required: true },
    { name: 'diseases', label: 'patients.disease', kind: 'codes', codes, required: true, when: () => !isDeath },
    { name: 'note', label: 'fact.note', kind: 'text', maxLength: 2000, hint: 'fact.noteHint', wide: true },
  ];
  return (
    <FormDialog
      title={t('recall.endOf', { name: patient.name, reason: name(EndReason, reason) })}
      submit={t('recall.end')}
      draftKey={`end:${patient.id}`}
      fields={fields}
      initial={{ on: clinicToday(), diseases: codes.map((code) => code[0]).join(',') }}
      send={async (body) => {
        const wanted = isDeath ? open.slice(0, 1) : open.filter((one) => (body['diseases'] as string[]).includes(one.disease));
        for (const { id } of wanted) {
          await dataOf(
            api.POST('/v1/patients/{patient_id}/enrolments/{enrolment_id}/changes', {
              params: { path: { patient_id: patient.id, enrolment_id: id } },
              body: { to_state: 'TERMINATED', reason, on: String(body['on']), consent: false, note: (body['note'] as string) ?? null },
            }),
          );
        }
      }}
      onDone={onDone}
      onClose={onClose}
    >
      <p className={kit.hint}>{t(open.length === 0 ? 'visit.notEnrolled' : 'recall.endHint')}</p>
    </FormDialog>
  );
}
