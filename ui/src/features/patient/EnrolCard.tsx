import { Button } from '@mantine/core';
import type { UseQueryResult } from '@tanstack/react-query';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { api, dataOf } from '../../api/client';
import { clinicToday } from '../../dates';
import { Asked } from '../../kit/Asked';
import { DataTable } from '../../kit/DataTable';
import type { Draft } from '../../kit/drafts';
import type { Field } from '../../kit/fields';
import { FormDialog } from '../../kit/FormDialog';
import { Card } from '../../kit/Page';
import { Tag, type Tone } from '../../kit/Tag';
import { notify } from '../../kit/toasts';
import { ConsentChannel, Disease, EndReason, EnrolmentState } from '../../locales/codes';
import { usePageWords } from '../../locales/pages';
import { useClinicName } from '../patients/columns';
import { useMay } from '../session/session';
import type { Schemas } from './data';

const TONES: Readonly<Record<Schemas['EnrolmentState'], Tone>> = {
  SUSPECTED: 'warn', CONFIRMED: 'plain', ACTIVE: 'good', LOST: 'time', TERMINATED: 'ended',
}; // prettier-ignore

const isActive = (draft: Draft) => draft['state'] === 'ACTIVE';
const isConfirmed = (draft: Draft) => draft['state'] !== 'SUSPECTED';

const ENROL: readonly Field[] = [
  { name: 'disease', label: 'patients.disease', kind: 'code', codes: Disease, required: true },
  { name: 'state', label: 'patients.state', kind: 'code', codes: EnrolmentState.slice(0, 3), required: true },
  { name: 'enrolled_on', label: 'person.enrolledOn', kind: 'date', required: true },
  { name: 'confirmed_on', label: 'person.confirmedOn', kind: 'date', when: isConfirmed },
  { name: 'confirmed_at', label: 'person.confirmedAt', kind: 'text', maxLength: 200, when: isConfirmed },
  { name: 'doctor', label: 'reg.doctor', kind: 'text', maxLength: 64, when: isActive },
  { name: 'consent', label: 'reg.consent', kind: 'flag', when: isActive },
  { name: 'consent_channel', label: 'reg.channel', kind: 'pick', codes: ConsentChannel, when: isActive },
  { name: 'consent_version', label: 'reg.version', kind: 'text', maxLength: 64, when: isActive, hint: 'reg.versionHint' },
]; // prettier-ignore

const ends = (draft: Draft) => draft['to_state'] === 'TERMINATED';
const looksFor = (draft: Draft) => draft['to_state'] === 'LOST' || draft['reason'] === 'LOST';

const CHANGE: readonly Field[] = [
  { name: 'to_state', label: 'person.toState', kind: 'code', codes: EnrolmentState, required: true },
  { name: 'on', label: 'fact.on', kind: 'date', required: true },
  { name: 'reason', label: 'person.endReason', kind: 'pick', codes: EndReason, when: ends },
  { name: 'confirmed_on', label: 'person.confirmedOn', kind: 'date', when: (draft) => !ends(draft) },
  { name: 'confirmed_at', label: 'person.confirmedAt', kind: 'text', maxLength: 200, when: (draft) => !ends(draft) },
  { name: 'doctor', label: 'reg.doctor', kind: 'text', maxLength: 64, when: (draft) => draft['to_state'] === 'ACTIVE' },
  { name: 'consent', label: 'reg.consent', kind: 'flag', when: (draft) => draft['to_state'] === 'ACTIVE' },
  { name: 'evidence.attempts', label: 'person.attempts', kind: 'number', when: looksFor },
  { name: 'evidence.channels', label: 'person.channels', kind: 'number', when: looksFor },
  { name: 'evidence.first_on', label: 'person.firstOn', kind: 'date', when: looksFor },
  { name: 'evidence.last_on', label: 'person.lastOn', kind: 'date', when: looksFor },
]; // prettier-ignore

interface EnrolCardProps {
  readonly id: string;
  readonly enrolments: UseQueryResult<{ items: Schemas['EnrolmentOut'][] }>;
}

/** For what the person is managed, since when, and every change of it. */
export function EnrolCard({ id, enrolments }: EnrolCardProps) {
  const { t, name } = usePageWords();
  const queries = useQueryClient();
  const clinicName = useClinicName();
  const [adding, setAdding] = useState(false);
  const [changing, setChanging] = useState<string | null>(null);
  const mayWrite = useMay('people.write');
  const done = () => {
    setAdding(false);
    setChanging(null);
    notify(t('form.saved'));
    void queries.invalidateQueries({ queryKey: ['patient', id] });
  };
  const add = mayWrite && (
    <Button size="compact-sm" onClick={() => setAdding(true)}>
      {t('person.enrol')}
    </Button>
  );
  return (
    <Card title={t('person.enrolments')} flush aside={add}>
      <Asked query={enrolments} lines={2}>
        {({ items }) => (
          <DataTable
            caption={t('person.enrolments')}
            rows={items}
            rowKey={(one) => one.id}
            empty={t('person.noEnrolment')}
            columns={[
              { head: t('patients.disease'), cell: (one) => name(Disease, one.disease) },
              { head: t('patients.state'), cell: (one) => <Tag tone={TONES[one.state]}>{name(EnrolmentState, one.state)}</Tag> },
              { head: t('person.enrolledOn'), cell: (one) => one.enrolled_on },
              { head: t('person.confirmedOn'), cell: (one) => `${one.confirmed_on ?? ''} ${one.confirmed_at ?? ''}` },
              { head: t('reg.doctor'), cell: (one) => one.doctor ?? '' },
              { head: t('col.clinic'), cell: (one) => clinicName(one.clinic_id) },
              { head: t('person.ended'), cell: (one) => `${one.ended_on ?? ''} ${name(EndReason, one.end_reason)}` },
              {
                head: t('fact.change'),
                cell: (one) =>
                  mayWrite &&
                  one.state !== 'TERMINATED' && (
                    <Button size="compact-xs" variant="default" onClick={() => setChanging(one.id)}>
                      {t('person.changeState')}
                    </Button>
                  ),
              },
            ]}
          />
        )}
      </Asked>
      {adding && (
        <FormDialog
          title={t('person.enrol')}
          submit={t('form.save')}
          draftKey={`enrol:${id}`}
          fields={ENROL}
          initial={{ state: 'ACTIVE', enrolled_on: clinicToday(), consent_channel: 'paper', consent_version: '2026-1' }}
          send={(body) =>
            dataOf(
              api.POST('/v1/patients/{patient_id}/enrolments', {
                params: { path: { patient_id: id } },
                body: body as unknown as Schemas['EnrolmentIn'],
              }),
            )
          }
          onDone={done}
          onClose={() => setAdding(false)}
        />
      )}
      {changing && (
        <FormDialog
          title={t('person.changeState')}
          submit={t('form.save')}
          draftKey={`enrolment:${changing}`}
          fields={CHANGE}
          initial={{ on: clinicToday() }}
          send={(body) =>
            dataOf(
              api.POST('/v1/patients/{patient_id}/enrolments/{enrolment_id}/changes', {
                params: { path: { patient_id: id, enrolment_id: changing } },
                body: body as unknown as Schemas['EnrolmentChangeIn'],
              }),
            )
          }
          onDone={done}
          onClose={() => setChanging(null)}
        />
      )}
    </Card>
  );
}
