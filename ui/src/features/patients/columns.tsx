
import { Link } from '../../kit/Link';
import type { components } from '../../api/schema';
import type { Column } from '../../kit/DataTable';
import { Masked } from '../../kit/Masked';
import { Tag } from '../../kit/Tag';
import { usePageWords } from '../../locales/pages';
import { useClinics } from '../today/clinics';

export type Listed = components['schemas']['PatientListed'];

/** Somebody as they are listed: masked. */
export function usePeopleColumns(): readonly Column<Listed>[] {
  const { t } = usePageWords();
  const nameOfClinic = useClinicName();
  return [
    {
      head: t('col.person'),
      cell: (one) => (
        <>
          <Link href={`/patients/${one.id}`}>{one.name}</Link> {one.died_on && <Tag tone="ended">{t('patients.died')}</Tag>}
        </>
      ),
    },
    { head: t('col.sexAge'), cell: (one) => `${t(`sex.${one.sex}`)} ${t('row.age', { n: one.age })}` },
    { head: t('col.citizenId'), cell: (one) => <Masked patientId={one.id} field="citizen_id" masked={one.citizen_id} /> },
    { head: t('col.phone'), cell: (one) => <Masked patientId={one.id} field="phone" masked={one.phone} /> },
    { head: t('col.clinic'), cell: (one) => nameOfClinic(one.clinic_id) },
  ];
}

/** The name of a clinic by its id; empty for one that this user may not see. */
export function useClinicName(): (id: string | null | undefined) => string {
  const { say } = usePageWords();
  const { organisations } = useClinics();
  return (id) => {
    const found = organisations.find((one) => one.id === id);
    return found ? say(found.name) : '';
  };
}
