import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useLocation } from 'wouter';

import { api, dataOf } from '../../api/client';
import type { components } from '../../api/schema';
import { useSearchText } from '../../app/search-text';
import { type Draft, useDraft } from '../../kit/drafts';
import { type Faults, faultsFrom, faultsIn } from '../../kit/fields';
import { notify } from '../../kit/toasts';
import { usePageWords } from '../../locales/pages';
import { enrolmentsOf, patientOf } from './body';
import { ENROLMENT, INFORMATION, PERSON, phoneFields } from './fields';
import { useCheck } from './useCheck';

type Schemas = components['schemas'];

const EMPTY: Draft = { kind: 'CITIZEN_ID', consent_channel: 'paper', consent_version: '2026-1' };

/** The documents whose numbers are built as a citizen's are told by how they begin: a card reader types them alike. */
function kindOf(number: string): Schemas['DocumentKind'] {
  if (number.length === 18 && /^8[123]/.test(number)) return 'HK_MO_TW_PERMIT';
  return number.length === 18 && number.startsWith('9') ? 'FOREIGN_PERMANENT' : 'CITIZEN_ID';
}

/** What was searched in vain stands in the form already. */
function begunWith(sought: string): Draft {
  const number = sought.replace(/\s/g, '');
  if (/^(\d{15}|\d{17}[\dXx])$/.test(number)) return { ...EMPTY, kind: kindOf(number), number };
  if (/^1\d{10}$/.test(sought)) return { ...EMPTY, phone: sought };
  return EMPTY;
}

/** The form of registration: what is typed, what the server says to it meanwhile, and saving it. */
export function useRegistration(clinic: string) {
  const words = usePageWords();
  const [, navigate] = useLocation();
  const queries = useQueryClient();
  const [initial] = useState(begunWith(useSearchText()));
  const editing = useDraft('registration', initial);
  const [own, setOwn] = useState<Faults>({});
  const { draft, put } = editing;
  const phones = Number(draft['phone_rows'] ?? 0);
  const fields = [...PERSON, ...phoneFields(phones), ...INFORMATION, ...ENROLMENT];
  const check = useCheck(draft, clinic);
  const isOnFile = Boolean(check.data?.on_file) || check.data?.on_file_elsewhere === true;

  const saving = useMutation({
    mutationFn: async () => {
      // When only the enrolment was refused, the person is on file: another try must not file them twice.
      const id = draft['created'] ?? (await create(draft, clinic, phones));
      put({ created: id });
      const enrolled = (draft['enrolled'] ?? '').split(',').filter(Boolean);
      for (const body of enrolmentsOf(draft).filter((one) => !enrolled.includes(one.disease))) {
        await dataOf(api.POST('/v1/patients/{patient_id}/enrolments', { params: { path: { patient_id: id } }, body }));
        enrolled.push(body.disease);
        put({ enrolled: enrolled.join(',') });
      }
      return id;
    },
    onSuccess: (id) => {
      editing.reset();
      void queries.invalidateQueries({ queryKey: ['patients'] });
      notify(words.t('reg.saved'));
      navigate(`/patients/${id}`);
    },
  });

  function save(): void {
    if (saving.isPending || (isOnFile && !draft['created'])) return;
    const found = faultsIn(fields, draft, words);
    setOwn(found);
    saving.reset();
    if (Object.keys(found).length === 0) saving.mutate();
  }

  const faults = Object.keys(own).length > 0 ? own : renamed(faultsFrom(saving.error, fields, words), draft);
  return { ...editing, phones, fields, check, isOnFile, faults, save, isSaving: saving.isPending };
}

async function create(draft: Draft, clinic: string, phones: number): Promise<string> {
  const made = await dataOf(api.POST('/v1/patients', { body: patientOf(draft, clinic, phones) }));
  return made.id;
}

/** The server speaks of `citizen_id`; the form has one field for the number of any document. */
function renamed(faults: Faults, draft: Draft): Faults {
  const rest = faults[''];
  const isNumber = rest !== undefined && /^(citizen_id|documents)/.test(rest) && draft['kind'] !== 'NONE';
  return isNumber ? { number: rest.replace(/^[\w.]+: /, '') } : faults;
}
