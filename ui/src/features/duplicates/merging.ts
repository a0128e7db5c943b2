import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useLocation } from 'wouter';

import { api, dataOf } from '../../api/client';
import { refusal } from '../../kit/fields';
import { notify } from '../../kit/toasts';
import { usePageWords } from '../../locales/pages';

/** Take a merge back: the records are as they were before. */
export function useRevert() {
  const words = usePageWords();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (merge_id: string) =>
      dataOf(api.POST('/v1/merges/{merge_id}:revert', { params: { path: { merge_id } } })),
    onSuccess: () => {
      notify(words.t('dup.reverted'));
      void queries.invalidateQueries();
    },
    onError: (error) => notify(`▲ ${refusal(error, words)}`),
  });
}

export function useMerge() {
  const { t } = usePageWords();
  const queries = useQueryClient();
  const revert = useRevert();
  const [, navigate] = useLocation();
  return useMutation({
    mutationFn: (body: { readonly survivor_id: string; readonly merged_id: string }) =>
      dataOf(api.POST('/v1/merges', { body })),
    onSuccess: ({ id, survivor_id }) => {
      void queries.invalidateQueries();
      notify(t('dup.merged'), () => revert.mutate(id));
      navigate(`/patients/${survivor_id}`);
    },
  });
}

export function useDismiss() {
  const { t } = usePageWords();
  const queries = useQueryClient();
  const [, navigate] = useLocation();
  return useMutation({
    mutationFn: (pair_id: string) =>
      dataOf(api.POST('/v1/duplicates/{pair_id}:dismiss', { params: { path: { pair_id } } })),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ['duplicates'] });
      notify(t('dup.dismissed'));
      navigate('/duplicates');
    },
  });
}
