import { useDebouncedValue } from '@mantine/hooks';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { api, dataOf } from '../../api/client';
import { clinicToday } from '../../dates';
import { type Draft, useDraft } from '../../kit/drafts';
import { type Faults, faultsFrom, faultsIn } from '../../kit/fields';
import { newKey } from '../../kit/new-key';
import { usePageWords } from '../../locales/pages';
import type { Schemas } from '../patient/data';
import { visitOf } from './body';
import { FIELDS } from './fields';
import { carriedFrom, lastMeasured } from './last';

const PAUSE_MS = 250;

function assessmentOf(visit: string) {
  return {
    queryKey: ['assess', visit],
    queryFn: () => dataOf(api.POST('/v1/followups:assess', { body: JSON.parse(visit) as Schemas['FollowupIn'] })),
  };
}

/** The judgement of what is typed so far, by the rules that also judge what is stored. */
function useAssessment(draft: Draft, id: string) {
  const words = usePageWords();
  const isReadable = Object.keys(faultsIn(FIELDS, draft, words)).length === 0;
  const [settled] = useDebouncedValue(isReadable ? JSON.stringify(visitOf(draft, id)) : '', PAUSE_MS);
  return useQuery({
    ...assessmentOf(settled),
    enabled: settled !== '',
    placeholderData: (before) => before,
    gcTime: 0,
    retry: false,
  });
}

/** One visit being typed: draft, judgement, what was last time, and saving it once. */
export function useVisit(id: string, diseases: readonly string[], visits: readonly Schemas['FollowupOut'][]) {
  const words = usePageWords();
  const queries = useQueryClient();
  const initial = { diseases: diseases.join(','), visited_on: clinicToday(), mode: '1' };
  const editing = useDraft(`visit:${id}`, initial);
  const { draft, put } = editing;
  const [carried, setCarried] = useState<Draft>({});
  const [own, setOwn] = useState<Faults>({});
  const [anyway, setAnyway] = useState(false);
  const [isLooking, setIsLooking] = useState(false);
  const assessment = useAssessment(draft, id);

  const saving = useMutation({
    mutationFn: () => {
      const key = draft['key'] ?? newKey(); // the same for another try, so that a lost answer files nothing twice
      put({ key });
      return dataOf(
        api.POST('/v1/followups', { params: { header: { 'idempotency-key': key } }, body: visitOf(draft, id) }),
      );
    },
    onSuccess: () => {
      editing.reset();
      void queries.invalidateQueries({ queryKey: ['patient', id] });
      void queries.invalidateQueries({ queryKey: ['worklist'] });
      void queries.invalidateQueries({ queryKey: ['counts'] });
    },
  });

  function carry(): void {
    const values = carriedFrom(visits);
    put(values);
    setCarried(values);
  }

  /** What the standard asks for and is not there yet; saved all the same only when asked for twice.
   *
   * Asked of what stands there now: the judgement on the page may still be that of the keys before. Where nobody can
   * be asked, saving tells why. */
  async function missing(): Promise<Faults> {
    const now = assessmentOf(JSON.stringify(visitOf(draft, id)));
    const judged = await queries.fetchQuery({ ...now, staleTime: Infinity, retry: false }).catch(() => null);
    const names = new Set((judged?.judgements ?? []).flatMap((judgement) => judgement.missing_fields));
    const known = FIELDS.filter((field) => names.has(field.name) || names.has(field.name.split('.')[0] ?? ''));
    return Object.fromEntries(known.map((field) => [field.name, words.t('visit.standard')]));
  }

  async function save(): Promise<void> {
    if (saving.isPending || isLooking) return;
    const found = faultsIn(FIELDS, draft, words);
    setIsLooking(true);
    const lacking = Object.keys(found).length > 0 || anyway ? found : await missing();
    setIsLooking(false);
    setOwn(lacking);
    setAnyway(Object.keys(found).length === 0);
    saving.reset();
    if (Object.keys(lacking).length === 0) saving.mutate();
  }

  const last = lastMeasured(visits);
  const notes = Object.fromEntries([
    ...Object.entries(last).map(([name, value]) => [name, words.t('visit.last', { value })]),
    ...Object.entries(carried)
      .filter(([name, value]) => value !== '' && draft[name] === value && !/\.(dose|times_per_day)$/.test(name))
      .map(([name]) => [name, words.t('visit.carried')]),
  ]) as Record<string, string>;
  return {
    ...editing, assessment, notes, carry, save: () => void save(),
    faults: Object.keys(own).length > 0 ? own : faultsFrom(saving.error, FIELDS, words),
    isIncomplete: Object.keys(own).length > 0 && anyway,
    isSaving: saving.isPending || isLooking,
    saved: saving.data ?? null,
  }; // prettier-ignore
}
