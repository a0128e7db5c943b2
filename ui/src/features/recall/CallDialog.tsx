import { useMutation } from '@tanstack/react-query';
import { type KeyboardEvent, useEffect, useRef, useState } from 'react';

import { clinicToday, plusDays } from '../../dates';
import { Dialog } from '../../kit/Dialog';
import type { Draft } from '../../kit/drafts';
import { type Faults, faultsFrom, faultsIn, type Field, readDate } from '../../kit/fields';
import { Fields } from '../../kit/Fields';
import { FaultSummary, Form } from '../../kit/Form';
import kit from '../../kit/kit.module.css';
import { newKey } from '../../kit/new-key';
import { CallChannel, CallResult } from '../../locales/codes';
import { usePageWords } from '../../locales/pages';
import { type Schemas, usePerson } from '../patient/data';
import { noteCall, type Result } from './recalls';
import classes from './Recall.module.css';

/** What can come of a call, in the order of their digits; the tenth has 0. */
const RESULTS = CallResult.filter((code) => code[0] !== 'return_to_list');
const DAYS: Readonly<Partial<Record<Result, number>>> = { agreed: 1, later: 3 };

const CHANNEL: Field = { name: 'channel', label: 'recall.channel', kind: 'pick', codes: CallChannel, required: true };
const NOTE: Field = { name: 'note', label: 'fact.note', kind: 'text', maxLength: 2000, hint: 'fact.noteHint', wide: true };
const DAY: Field = { name: 'remind_on', label: 'recall.remindOn', kind: 'date', required: true };

interface CallDialogProps {
  readonly patient: Pick<Schemas['PatientListed'], 'id' | 'name' | 'phone'>;
  readonly onDone: (call: Schemas['CallOut']) => void;
  readonly onClose: () => void;
}

/** What came of a call: its digit files it; where a day is needed, the digit asks for it and Enter files. */
export function CallDialog({ patient, onDone, onClose }: CallDialogProps) {
  const words = usePageWords();
  const { t, nameOf } = words;
  const called = usePerson(patient.id).data?.name ?? patient.name;
  const [key] = useState(newKey);
  const [draft, setDraft] = useState<Draft>({ channel: 'phone' });
  const [own, setOwn] = useState<Faults>({});
  const [asked, setAsked] = useState<Result | null>(null);
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const day = asked && place.current?.querySelector<HTMLInputElement>('[data-field="remind_on"] input');
    if (day) {
      day.focus();
      day.select();
    }
  }, [asked]);
  const fields = asked ? [DAY, CHANNEL, NOTE] : [CHANNEL, NOTE];
  const sending = useMutation({
    mutationFn: (result: Result) => {
      const body = { channel: draft['channel'], result, note: draft['note'] || null, remind_on: asked ? readDate(draft['remind_on'] ?? '') : null };
      return noteCall(patient.id, body as Schemas['CallIn'], key);
    },
    onSuccess: onDone,
  });

  function file(result: Result): void {
    if (!sending.isPending) sending.mutate(result);
  }
  function choose(result: Result): void {
    const days = DAYS[result];
    if (days === undefined) return file(result);
    setAsked(result);
    setDraft((before) => ({ ...before, remind_on: plusDays(clinicToday(), days) }));
  }
  function submit(): void {
    const found = faultsIn(fields, draft, words);
    setOwn(found);
    if (asked && Object.keys(found).length === 0) file(asked);
  }

  const faults = Object.keys(own).length > 0 ? own : faultsFrom(sending.error, fields, words);
  const digits = (event: KeyboardEvent): void => {
    const inField = (event.target as HTMLElement).closest('input, select, textarea') !== null;
    const at = '1234567890'.indexOf(event.key);
    const code = event.key.length === 1 ? RESULTS[at] : undefined;
    if (at < 0 || !code || inField || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    choose(code[0] as Result);
  };
  return (
    <Dialog title={t('recall.callOf', { name: called })} onClose={onClose} focus="button[data-result]">
      <div ref={place} onKeyDown={digits} className={kit.dialogBody} style={{ padding: 0 }}>
        <p className={kit.hint}>
          {t('recall.phone')} {patient.phone ?? t('row.noPhone')} · {t('recall.script', { name: called })}
        </p>
        {!asked && (
          <div className={classes.results} role="group" aria-label={t('recall.result')}>
            {RESULTS.map((code, index) => (
              <button key={code[0]} type="button" data-result disabled={sending.isPending} onClick={() => choose(code[0] as Result)}>
                <span className={kit.kbd}>{(index + 1) % 10}</span> {nameOf(code)}
              </button>
            ))}
          </div>
        )}
        <Form
          label={t('recall.result')}
          onSubmit={submit}
          onKey={(event) => {
            if (event.key !== 'Enter' || !asked || (event.target as HTMLElement).closest('[data-field="remind_on"]') === null) return;
            event.preventDefault();
            event.stopPropagation();
            submit();
          }}
        >
          <FaultSummary faults={faults} fields={fields} />
          {asked && <strong>{nameOf(RESULTS.find((code) => code[0] === asked) ?? ['', '', ''])}</strong>}
          <Fields
            key={asked}
            fields={fields}
            draft={draft}
            set={(name, value) => setDraft((before) => ({ ...before, [name]: value }))}
            faults={faults}
          />
          {asked && (
            <div className={kit.line} data-stop>
              <button type="submit" className={classes.file} disabled={sending.isPending}>
                {t('recall.file')}
              </button>
              <button type="button" className={classes.plain} onClick={() => setAsked(null)}>
                {t('recall.otherResult')}
              </button>
            </div>
          )}
        </Form>
      </div>
    </Dialog>
  );
}
