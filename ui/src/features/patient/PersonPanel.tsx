import { Button } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { api, dataOf } from '../../api/client';
import { localMoment } from '../../dates';
import { Asked } from '../../kit/Asked';
import { DataTable } from '../../kit/DataTable';
import { type Field, refusal } from '../../kit/fields';
import { FormDialog } from '../../kit/FormDialog';
import { Masked } from '../../kit/Masked';
import { Card, Pairs } from '../../kit/Page';
import { Tag } from '../../kit/Tag';
import { notify } from '../../kit/toasts';
import * as codes from '../../locales/codes';
import { usePageWords } from '../../locales/pages';
import { useRevert } from '../duplicates/merging';
import { useClinicName } from '../patients/columns';
import { useMay } from '../session/session';
import { type Person, type Schemas, useConsents, useEnrolments, usePerson } from './data';
import { EnrolCard } from './EnrolCard';
import classes from './Patient.module.css';

const CHANGE: readonly Field[] = [
  { name: 'name', label: 'col.person', kind: 'text', maxLength: 64, hint: 'person.keep' },
  { name: 'phone', label: 'col.phone', kind: 'text', maxLength: 20, hint: 'person.keep' },
  { name: 'address', label: 'reg.address', kind: 'text', maxLength: 200, hint: 'person.keep', wide: true },
];

/** What the service keeps where the form of the consent was not named. */
const NOT_STATED = 'not-stated';

/** Who it is in full, with consents, enrolments and what was merged. */
export default function PersonPanel({ id }: { readonly id: string }) {
  const { t } = usePageWords();
  const queries = useQueryClient();
  const query = usePerson(id);
  const [changing, setChanging] = useState(false);
  const mayWrite = useMay('people.write');
  const mayReveal = useMay('people.reveal');
  return (
    <div className={classes.column}>
      <Card
        title={t('part.person')}
        aside={
          <>
            {mayReveal && (
              <>
                <a href={`/v1/patients/${id}/document`} download={`person-${id}.json`}>
                  {t('person.document')}
                </a>
                <a href={`/v1/patients/${id}/document.html`} target="_blank" rel="noreferrer">
                  {t('person.printed')}
                </a>
              </>
            )}
            {mayWrite && (
              <Button size="compact-sm" variant="default" onClick={() => setChanging(true)}>
                {t('person.change')}
              </Button>
            )}
          </>
        }
      >
        <Asked query={query}>
          {(person) => (
            <>
              <Identity person={person} />
              {changing && (
                <FormDialog
                  title={t('person.change')}
                  submit={t('form.save')}
                  draftKey={`person:${id}`}
                  fields={CHANGE}
                  send={(body) =>
                    dataOf(
                      api.PATCH('/v1/patients/{patient_id}', {
                        params: { path: { patient_id: id }, header: { 'if-match': `"${person.version}"` } },
                        body: body as Schemas['PatientChange'],
                      }),
                    )
                  }
                  onDone={() => {
                    setChanging(false);
                    notify(t('form.saved'));
                    void queries.invalidateQueries({ queryKey: ['patient', id] });
                  }}
                  onClose={() => setChanging(false)}
                />
              )}
            </>
          )}
        </Asked>
      </Card>
      <EnrolCard id={id} enrolments={useEnrolments(id)} />
      <Consents id={id} />
      {query.data && query.data.merged.length > 0 && <Merged person={query.data} />}
    </div>
  );
}

function Identity({ person }: { readonly person: Person }) {
  const { t, name, listed } = usePageWords();
  const clinicName = useClinicName();
  const { information } = person;
  const list = (set: codes.Codes, values: readonly (string | number)[] | null | undefined) =>
    values && values.length > 0 ? listed(values.map((one) => name(set, one))) : '–';
  return (
    <Pairs
      rows={[
        [t('col.person'), person.name],
        [t('reg.birth'), person.birth_date_precision === 'year' ? person.birth_date.slice(0, 4) : person.birth_date],
        [t('col.citizenId'), <Masked key="id" patientId={person.id} field="citizen_id" masked={person.citizen_id} />],
        ...person.documents.map((one) => [name(codes.DocumentKind, one.kind), one.number] as const),
        [t('col.phone'), <Masked key="phone" patientId={person.id} field="phone" masked={person.phone} />],
        ...person.phones.map((one, index) => [
          `${name(codes.PhoneRelation, one.relation)} ${index + 1}`,
          `${one.phone ?? ''} ${one.contact ?? ''}`,
        ] as const),
        [t('reg.address'), <Masked key="address" patientId={person.id} field="address" masked="****" />],
        [t('dup.recordNumber'), person.health_record_number ?? '–'],
        [t('col.clinic'), clinicName(person.clinic_id)],
        [t('reg.familyDoctor'), information.family_doctor ?? '–'],
        [t('reg.residence'), name(codes.Residence, information.residence) || '–'],
        [t('reg.blood'), `${name(codes.BloodGroup, information.blood_group)} ${name(codes.Rhesus, information.rhesus)}`.trim() || '–'],
        [t('reg.education'), name(codes.Education, information.education) || '–'],
        [t('reg.marital'), name(codes.MaritalStatus, information.marital_status) || '–'],
        [t('reg.payments'), list(codes.Payment, information.payments)],
        [t('reg.allergies'), list(codes.DrugAllergy, information.drug_allergies)],
        [t('reg.exposures'), list(codes.Exposure, information.exposures)],
        [t('reg.past'), list(codes.PastDisease, information.diseases?.map((one) => one.code))],
        [t('reg.disabilities'), list(codes.Disability, information.disabilities)],
      ]}
    />
  );
}

function Consents({ id }: { readonly id: string }) {
  const words = usePageWords();
  const { t, name } = words;
  const queries = useQueryClient();
  const query = useConsents(id);
  const mayWrite = useMay('people.write');
  const withdraw = useMutation({
    mutationFn: (consent_id: string) =>
      dataOf(
        api.POST('/v1/patients/{patient_id}/consents/{consent_id}:withdraw', {
          params: { path: { patient_id: id, consent_id } },
        }),
      ),
    onSuccess: () => {
      notify(t('person.withdrawn'));
      void queries.invalidateQueries({ queryKey: ['patient', id] });
    },
    onError: (error) => notify(`▲ ${refusal(error, words)}`),
  });
  return (
    <Card title={t('person.consents')} flush>
      <Asked query={query} lines={2}>
        {({ items }) => (
          <DataTable
            caption={t('person.consents')}
            rows={items}
            rowKey={(one) => one.id}
            empty={t('fact.none')}
            columns={[
              { head: t('person.purpose'), cell: (one) => name(codes.Purpose, one.purpose) },
              { head: t('person.ground'), cell: (one) => name(codes.LegalGround, one.ground) },
              { head: t('reg.channel'), cell: (one) => name(codes.ConsentChannel, one.channel) },
              { head: t('reg.version'), cell: (one) => (one.version === NOT_STATED ? t('person.notStated') : one.version) },
              { head: t('person.given'), cell: (one) => localMoment(one.given_at) },
              {
                head: t('fact.state'),
                cell: (one) =>
                  one.withdrawn_at ? (
                    <Tag tone="ended">{t('person.withdrawn')}</Tag>
                  ) : mayWrite ? (
                    <Button size="compact-xs" variant="default" onClick={() => withdraw.mutate(one.id)}>
                      {t('person.withdraw')}
                    </Button>
                  ) : (
                    <Tag tone="good">{t('person.stands')}</Tag>
                  ),
              },
            ]}
          />
        )}
      </Asked>
    </Card>
  );
}

/** Records that went into this one, each of which can be taken out again. */
function Merged({ person }: { readonly person: Person }) {
  const { t, name, listed } = usePageWords();
  const revert = useRevert();
  const may = useMay('people.merge');
  return (
    <Card title={t('person.merged')}>
      <ul className={classes.list}>
        {person.merged.map((one) => (
          <li key={one.id}>
            {listed(one.documents.map((document) => `${name(codes.DocumentKind, document.kind)} ${document.number}`))}
            {listed(one.phones.map((phone) => phone.phone ?? ''))} {one.health_record_number}
            {may && (
              <Button size="compact-xs" variant="default" onClick={() => revert.mutate(one.merge_id)}>
                {t('person.revert')}
              </Button>
            )}
          </li>
        ))}
      </ul>
    </Card>
  );
}
