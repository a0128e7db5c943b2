import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';

import { usePageWords } from '../locales/pages';
import { type Draft, type Editing, useDraft } from './drafts';
import { bodyOf, type Faults, faultsFrom, faultsIn, type Field } from './fields';

export interface Sending extends Editing {
  readonly faults: Faults;
  readonly isSending: boolean;
  readonly send: () => void;
}

/** A form over fields that are data: checks what can be seen here, sends, and puts the server's refusals at their fields. */
export function useForm<T>(
  key: string,
  fields: readonly Field[],
  initial: Draft,
  sendBody: (body: Record<string, unknown>, draft: Draft) => Promise<T>,
  onDone: (answer: T) => void,
): Sending {
  const words = usePageWords();
  const isSecret = fields.some((field) => field.kind === 'secret');
  const editing = useDraft(isSecret ? null : key, initial);
  const [own, setOwn] = useState<Faults>({});
  const sending = useMutation({
    mutationFn: () => sendBody(bodyOf(fields, editing.draft), editing.draft),
    onSuccess: (answer) => {
      editing.reset();
      onDone(answer);
    },
  });
  function send(): void {
    if (sending.isPending) return;
    const found = faultsIn(fields, editing.draft, words);
    setOwn(found);
    sending.reset();
    if (Object.keys(found).length === 0) sending.mutate();
  }
  const faults = Object.keys(own).length > 0 ? own : faultsFrom(sending.error, fields, words);
  return { ...editing, faults, isSending: sending.isPending, send };
}
