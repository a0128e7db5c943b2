import { Button } from '@mantine/core';
import { useEffect, useRef } from 'react';

import { LoadingLines } from '../../components/LoadingLines';
import { Notice } from '../../components/Notice';
import { Fields } from '../../kit/Fields';
import { FaultSummary, Form } from '../../kit/Form';
import kit from '../../kit/kit.module.css';
import { Card, Page } from '../../kit/Page';
import { usePageWords } from '../../locales/pages';
import { useClinics } from '../today/clinics';
import { CheckPanel } from './CheckPanel';
import { ENROLMENT, INFORMATION, MOST_PHONES, PERSON, phoneFields } from './fields';
import classes from './Registration.module.css';
import { useRegistration } from './useRegistration';

export default function RegistrationPage() {
  const { t } = usePageWords();
  const { chosen, query } = useClinics();
  return (
    <Page title={t('reg.title')}>
      {chosen ? (
        <Registration clinic={chosen.id} />
      ) : query.isPending ? (
        <LoadingLines count={10} />
      ) : (
        <Notice title={t('state.noClinics')} hint={t('state.noClinicsHint')} />
      )}
    </Page>
  );
}

/** What the document says is not typed again; where something else had been typed, that is told. */
function derived(found: { readonly sex: string | null; readonly birth_date: string | null } | null | undefined) {
  const names = new Set<string>();
  if (found?.sex) names.add('sex');
  if (found?.birth_date) names.add('birth_date').add('year_only');
  return PERSON.filter((field) => !names.has(field.name));
}

function Registration({ clinic }: { readonly clinic: string }) {
  const { t } = usePageWords();
  const form = useRegistration(clinic);
  const { draft, set, put, faults, phones, check } = form;
  const page = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const first = draft['number'] ? 'name' : 'number'; // a card was scanned already, or will be
    page.current?.querySelector<HTMLElement>(`[data-field="${first}"] input`)?.focus();
  }, []);
  const found = check.isError ? null : check.data?.document;
  const mismatch =
    (found?.sex && draft['sex'] && found.sex !== draft['sex']) ||
    (found?.birth_date && draft['birth_date'] && found.birth_date !== draft['birth_date']);
  return (
    <div className={classes.page} ref={page}>
      <Form label={t('reg.title')} className={classes.form} onSubmit={form.save}>
        {form.restored && form.touched && (
          <p className={kit.line} role="status">
            {t('form.restored')}
            <Button size="compact-sm" variant="default" onClick={form.reset}>
              {t('form.discard')}
            </Button>
          </p>
        )}
        <FaultSummary faults={faults} fields={form.fields} />
        <Card title={t('reg.person')}>
          <Fields fields={derived(found)} draft={draft} set={set} faults={faults} />
          {found?.birth_date && (
            <p className={classes.derived}>
              {t('reg.derived', { birth: found.birth_date, sex: found.sex ? t(`sex.${found.sex}`) : '–' })}
              {mismatch && <span className={kit.fault}> ▲ {t('reg.mismatch')}</span>}
            </p>
          )}
        </Card>
        <Card
          title={t('reg.phones')}
          aside={
            <Button
              size="compact-sm"
              variant="default"
              disabled={phones >= MOST_PHONES}
              onClick={() => put({ phone_rows: String(phones + 1) })}
            >
              {t('reg.addPhone')}
            </Button>
          }
        >
          {phones === 0 ? (
            <p className="muted">{t('reg.noPhones')}</p>
          ) : (
            <Fields fields={phoneFields(phones)} draft={draft} set={set} faults={faults} />
          )}
        </Card>
        <Card title={t('reg.enrolment')}>
          <Fields fields={ENROLMENT} draft={draft} set={set} faults={faults} />
        </Card>
        <details className={`${kit.card} ${classes.more}`}>
          <summary>{t('reg.information')}</summary>
          <div className={kit.cardBody}>
            <Fields fields={INFORMATION} draft={draft} set={set} faults={faults} />
          </div>
        </details>
        <div className={classes.foot} data-stop>
          <Button type="submit" loading={form.isSaving} disabled={form.isOnFile && !draft['created']}>
            {t('reg.save')}
          </Button>
          <span className="muted">{t('reg.saveKeys')}</span>
        </div>
      </Form>
      <CheckPanel query={check} />
    </div>
  );
}
