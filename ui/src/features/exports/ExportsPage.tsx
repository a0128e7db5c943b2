import { Button } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { Asked } from '../../kit/Asked';
import { DataTable } from '../../kit/DataTable';
import type { Field } from '../../kit/fields';
import { Fields } from '../../kit/Fields';
import { FaultSummary, Form } from '../../kit/Form';
import { FormDialog } from '../../kit/FormDialog';
import { Card, Page } from '../../kit/Page';
import { notify } from '../../kit/toasts';
import { useForm } from '../../kit/useForm';
import { Disease, ExportReason, SheetFormat } from '../../locales/codes';
import { usePageWords } from '../../locales/pages';
import { useMay } from '../session/session';
import { useClinics } from '../today/clinics';
import { ExportLog } from './ExportLog';
import { askExport, keepDefinition, type Schemas, useDefinitionActs, useExportColumns } from './exports';
import { SavedExports } from './SavedExports';

const MASKED = 'masked';
const FULL = 'full';
const INITIAL = { format: 'xlsx', extent: MASKED };

const NAME: Field = { name: 'name', label: 'exp.name', kind: 'text', required: true, maxLength: 64, hint: 'exp.nameHint' };

/** Which people, in which form, masked or in full, and what for. */
function useFields(mayReveal: boolean): readonly Field[] {
  const { clinics } = useClinics();
  const { t } = usePageWords();
  const extents = [
    [MASKED, t('exp.masked'), t('exp.masked')],
    ...(mayReveal ? [[FULL, t('exp.full'), t('exp.full')] as const] : []),
  ] as const;
  return [
    { name: 'clinic', label: 'exp.clinic', kind: 'pick', codes: clinics.map((one) => [one.id, one.name.zh, one.name.en] as const) },
    { name: 'disease', label: 'patients.disease', kind: 'pick', codes: Disease },
    { name: 'format', label: 'exp.format', kind: 'code', codes: SheetFormat, required: true },
    { name: 'extent', label: 'exp.extent', kind: 'code', codes: extents, required: true, wide: true },
    { name: 'reason', label: 'exp.reason', kind: 'code', codes: ExportReason, required: true, wide: true, hint: 'exp.reasonHint' },
  ]; // prettier-ignore
}

/** The register as a table that is made in the background, the log of exports, and what each column says. */
export default function ExportsPage() {
  const { t } = usePageWords();
  const queries = useQueryClient();
  const fields = useFields(useMay('people.reveal'));
  const [saving, setSaving] = useState(false);
  const { kept } = useDefinitionActs();
  const form = useForm(
    'export',
    fields,
    INITIAL,
    ({ extent, ...body }) => askExport(body as Schemas['ExportIn'], extent === FULL),
    () => {
      notify(t('exp.asked'));
      void queries.invalidateQueries({ queryKey: ['exports'] });
    },
  );
  return (
    <Page title={t('nav.exports')}>
      <Card title={t('exp.register')}>
        <p className="muted">{t('exp.hint')}</p>
        <Form label={t('exp.register')} onSubmit={form.send}>
          <FaultSummary faults={form.faults} fields={fields} />
          <Fields fields={fields} draft={form.draft} set={form.set} faults={form.faults} />
          <div data-stop>
            <Button type="submit" loading={form.isSending}>
              {t('exp.start')}
            </Button>{' '}
            <Button variant="default" onClick={() => setSaving(true)}>
              {t('exp.save')}
            </Button>
          </div>
        </Form>
      </Card>
      <SavedExports />
      <ExportLog />
      <Columns />
      <Card title={t('exp.person')}>
        <p>{t('exp.personHint')}</p>
      </Card>
      {saving && (
        <FormDialog
          title={t('exp.save')}
          submit={t('exp.save')}
          draftKey="export-definition"
          fields={[NAME, ...fields.map((one) => (one.name === 'clinic' ? { ...one, required: true } : one))]}
          initial={form.draft}
          send={({ clinic, extent, ...body }) =>
            keepDefinition({ ...body, clinic_id: clinic, in_full: extent === FULL } as Schemas['DefinitionIn'])
          }
          onDone={() => {
            setSaving(false);
            kept();
          }}
          onClose={() => setSaving(false)}
        />
      )}
    </Page>
  );
}

/** What stands in each column. */
function Columns() {
  const { t, say } = usePageWords();
  const columns = useExportColumns();
  return (
    <Card title={t('exp.columns')} flush>
      <Asked query={columns}>
        {({ items }) => (
          <DataTable
            caption={t('exp.columns')}
            rows={items}
            rowKey={(one) => one.title.zh}
            empty="–"
            columns={[
              { head: t('exp.column'), cell: (one) => say(one.title) },
              { head: t('exp.meaning'), cell: (one) => say(one.meaning) },
              { head: t('exp.leaves'), cell: (one) => t(one.in_full_only ? 'exp.fullOnly' : 'exp.always') },
            ]}
          />
        )}
      </Asked>
    </Card>
  );
}
