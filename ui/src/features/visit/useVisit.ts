import { useDebouncedValue } from '@mantine/hooks';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useRef, useState } from 'react';

import { api, dataOf } from '../../api/client';
import { type Draft, useDraft } from '../../kit/drafts';
import { type Faults, faultsFrom, faultsIn, type Field } from '../../kit/fields';
import { newKey } from '../../kit/new-key';
import { usePageWords } from '../../locales/pages';
import type { Schemas } from '../patient/data';
import { type Visit, visitOf } from './body';
import { FIELDS, REASON } from './fields';

const PAUSE_MS = 250;

/** What is being written: a new visit, or the correction of a stored one. */
export interface Writing {
  readonly id: string;
  /** Under which the typed text is kept through a lock. */
  readonly key: string;
  readonly initial: Draft;
  /** The encounter that is corrected, null for a new visit. */
  readonly corrects: string | null;
  readonly send: (visit: Visit, draft: Draft, key: string) => Promise<Schemas['EncounterOut']>;
}

function assessmentOf(visit: string, corrects: string | null) {
  return {
    queryKey: ['assess', corrects, visit],
    queryFn: () =>
      dataOf(
        api.POST('/v1/followups:assess', {
          params: { query: corrects ? { corrects } : {} },
          body: JSON.parse(visit) as Visit,
        }),
      ),
  };
}

/** The judgement of what is typed so far, by the rules that also judge what is stored. */
function useAssessment(draft: Draft, { id, corrects }: Writing) {
  const words = usePageWords();
  const isReadable = Object.keys(faultsIn(FIELDS, draft, words)).length === 0;
  const [settled] = useDebouncedValue(isReadable ? JSON.stringify(visitOf(draft, id)) : '', PAUSE_MS);
  return useQuery({
    ...assessmentOf(settled, corrects),
    enabled: settled !== '',
    placeholderData: (before) => before,
    gcTime: 0,
    retry: false,
  });
}

const marksOf = (draft: Draft): readonly string[] => (draft['carried'] ?? '').split(',').filter(Boolean);

/** One visit being typed: draft, judgement, what was carried over, and saving it once. */
export function useVisit(writing: Writing) {
  const words = usePageWords();
  const queries = useQueryClient();
  const { id, corrects } = writing;
  const fields: readonly Field[] = corrects ? [...FIELDS, REASON] : FIELDS;
  const editing = useDraft(writing.key, writing.initial);
  const { draft, put } = editing;
  const [own, setOwn] = useState<Faults>({});
  const [anyway, setAnyway] = useState(false);
  const [isDraftOnly, setIsDraftOnly] = useState(false);
  const [isLooking, setIsLooking] = useState(false);
  const assessment = useAssessment(draft, writing);

  const saving = useMutation({
    mutationFn: () => {
      const key = draft['key'] ?? newKey(); // the same for another try, so that a lost answer files nothing twice
      put({ key });
      return writing.send(visitOf(draft, id), draft, key);
    },
    onSuccess: () => {
      editing.reset();
      for (const queryKey of [['patient', id], ['worklist'], ['counts'], ['encounter']]) {
        void queries.invalidateQueries({ queryKey });
      }
    },
  });

  /** Fill fields with what was said last time; each bears a mark until it is touched. */
  function carry(values: Draft): void {
    put({ ...values, carried: Object.keys(values).join(',') });
  }

  const marks = useRef<readonly string[]>([]);
  useEffect(() => {
    marks.current = marksOf(draft);
  });
  const set = useCallback(
    (name: string, value: string): void => {
      const left = marks.current.filter((one) => one !== name);
      put(left.length < marks.current.length ? { [name]: value, carried: left.join(',') } : { [name]: value });
    },
    [put],
  );

  /** What the standard asks for and is not there yet, and whether it keeps a visit from being more than a draft.
   *
   * Asked of what stands there now: the judgement on the page may still be that of the keys before. Where nobody can
   * be asked, saving tells why. */
  async function missing(): Promise<{ readonly faults: Faults; readonly draftOnly: boolean }> {
    const now = assessmentOf(JSON.stringify(visitOf(draft, id)), corrects);
    const judged = await queries.fetchQuery({ ...now, staleTime: Infinity, retry: false }).catch(() => null);
    const names = new Set((judged?.judgements ?? []).flatMap((judgement) => judgement.missing_fields));
    const known = FIELDS.filter((field) => names.has(field.name) || names.has(field.name.split('.')[0] ?? ''));
    const faults = Object.fromEntries(known.map((field) => [field.name, words.t('visit.standard')]));
    return { faults, draftOnly: corrects === null && (judged?.draft_only ?? false) };
  }

  /** An incomplete visit stays a draft; one that lacks only measured values, or is an emergency, is stored when asked
   * for twice, and so is a correction. */
  async function save(): Promise<void> {
    if (saving.isPending || isLooking) return;
    saving.reset();
    const found = faultsIn(fields, draft, words);
    const isReadable = Object.keys(found).length === 0;
    setIsLooking(true);
    const left = isReadable ? await missing() : { faults: found, draftOnly: false };
    setIsLooking(false);
    const lacks = Object.keys(left.faults).length > 0;
    const stores = !lacks || (isReadable && anyway && !left.draftOnly);
    setOwn(stores ? {} : left.faults);
    setAnyway(isReadable && !left.draftOnly);
    setIsDraftOnly(!stores && left.draftOnly);
    if (stores) saving.mutate();
  }

  return {
    ...editing, fields, set, assessment, carry, save: () => void save(), marks: marksOf(draft),
    faults: Object.keys(own).length > 0 ? own : faultsFrom(saving.error, fields, words),
    isIncomplete: Object.keys(own).length > 0 && anyway,
    isDraftOnly,
    isSaving: saving.isPending || isLooking,
    saved: saving.data ?? null,
  }; // prettier-ignore
}

export type VisitEditing = ReturnType<typeof useVisit>;
