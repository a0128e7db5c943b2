import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';

import { api, dataOf } from '../../api/client';
import { notify } from '../../kit/toasts';
import { usePageWords } from '../../locales/pages';
import AnswerDialog from '../alerts/AnswerDialog';
import ReadingDialog from '../readings/ReadingDialog';

export type RowAct = 'reading' | 'alert';

interface RowActionsProps {
  readonly act: RowAct;
  readonly patient: string;
  readonly onClose: () => void;
}

/** What a key does with the person of a row, without leaving the list. */
export default function RowActions({ act, patient, onClose }: RowActionsProps) {
  return act === 'reading' ? (
    <ReadingDialog id={patient} onClose={onClose} />
  ) : (
    <CloseAlert patient={patient} onClose={onClose} />
  );
}

/** Close the latest waiting alert of this person; say so when there is none. */
function CloseAlert({ patient, onClose }: Omit<RowActionsProps, 'act'>) {
  const { t } = usePageWords();
  const query = useQuery({
    queryKey: ['patient', patient, 'alerts'],
    queryFn: () =>
      dataOf(api.GET('/v1/patients/{patient_id}/alerts', { params: { path: { patient_id: patient }, query: { limit: 20 } } })),
    staleTime: 0,
  });
  const waiting = query.data?.items.find((one) => one.status !== 'closed');
  const isNone = (query.isSuccess && !query.isFetching && !waiting) || query.isError;
  useEffect(() => {
    if (!isNone) return;
    notify(t(query.isError ? 'state.network' : 'alert.noneOfPerson'));
    onClose();
  }, [isNone, query.isError, onClose, t]);
  return waiting ? <AnswerDialog id={waiting.id} answer="close" onClose={onClose} /> : null;
}
