import { Button } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';

import { api, dataOf } from '../../api/client';
import { refusal } from '../../kit/fields';
import kit from '../../kit/kit.module.css';
import { notify } from '../../kit/toasts';
import { usePageWords } from '../../locales/pages';
import { undoAll } from '../plan/plans';
import type { Asking, Bucket, Schemas } from './data';

/** As many people as one request takes. */
const MOST = 100;

type Result = Schemas['ToWorkListResult'];

async function put({ code, ...asked }: Asking, bucket: Bucket, people: readonly string[]): Promise<readonly Result[]> {
  const results: Result[] = [];
  for (let at = 0; at < people.length; at += MOST) {
    const answer = await dataOf(
      api.POST('/v1/indicator-values/{code}/patients:to-work-list', {
        params: { path: { code } },
        body: { ...asked, bucket, patient_ids: people.slice(at, at + MOST) },
      }),
    );
    results.push(...answer.results);
  }
  return results;
}

interface ToWorkListProps {
  readonly asking: Asking;
  readonly bucket: Bucket;
  readonly chosen: readonly string[];
  /** Who is shown and can be chosen. */
  readonly all: readonly string[];
  readonly onChoose: (people: readonly string[]) => void;
}

/** Whoever is chosen is put on today's work, once; what became of them is said, and can be taken back. */
export function ToWorkList({ asking, bucket, chosen, all, onChoose }: ToWorkListProps) {
  const words = usePageWords();
  const { t } = words;
  const queries = useQueryClient();
  const refresh = (): void => {
    for (const queryKey of [['worklist'], ['counts'], ['plans']]) void queries.invalidateQueries({ queryKey });
  };
  const sending = useMutation({
    mutationFn: () => put(asking, bucket, chosen),
    onSuccess: (results) => {
      refresh();
      onChoose([]);
      const of = (...outcomes: readonly Result['outcome'][]): readonly Result[] => results.filter((one) => outcomes.includes(one.outcome));
      const added = of('added').flatMap((one) => one.task_id ?? []);
      const standing = of('already_open', 'done_today').length;
      const refused = of('not_in_care', 'not_listed').length;
      const undo = (): void => void undoAll(added).then(refresh, (error: unknown) => notify(refusal(error, words)));
      if (added.length > 0) notify(t('ind.toWorkDone', { n: added.length }), undo);
      if (standing > 0) notify(t('ind.toWorkAlready', { n: standing }));
      if (refused > 0) notify(`▲ ${t('ind.toWorkRefused', { n: refused })}`);
    },
    onError: (error) => notify(refusal(error, words)),
  });
  return (
    <span className={`${kit.line} ${kit.noPrint}`}>
      <span className="muted">{t('plan.chosen', { n: chosen.length })}</span>
      <Button size="compact-sm" variant="default" onClick={() => onChoose(chosen.length === all.length ? [] : all)}>
        {t('plan.all')}
      </Button>
      <Button size="compact-sm" disabled={chosen.length === 0} loading={sending.isPending} onClick={() => sending.mutate()}>
        {t('ind.toWork')}
      </Button>
    </span>
  );
}
