import { notify } from '../../kit/toasts';
import { usePageWords } from '../../locales/pages';
import { usePerson } from '../patient/data';
import { CallDialog } from '../recall/CallDialog';

/** Ring whose reading it is, and note what came of it; the reading waits on. */
export default function CallOf({ id, onClose }: { readonly id: string; readonly onClose: () => void }) {
  const { t } = usePageWords();
  const person = usePerson(id).data;
  if (!person) return null;
  const done = (): void => {
    notify(t('form.saved'));
    onClose();
  };
  return <CallDialog patient={{ id, name: person.name, phone: person.phone }} onDone={done} onClose={onClose} />;
}
