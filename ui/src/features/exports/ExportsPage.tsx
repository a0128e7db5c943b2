import { Button } from '@mantine/core';

import { api } from '../../api/client';
import { problem } from '../../api/errors';
import type { components } from '../../api/schema';
import type { Field } from '../../kit/fields';
import { Fields } from '../../kit/Fields';
import { FaultSummary, Form } from '../../kit/Form';
import { Card, Page } from '../../kit/Page';
import { notify } from '../../kit/toasts';
import { useForm } from '../../kit/useForm';
import { Disease, ExportReason, SheetFormat } from '../../locales/codes';
import { usePageWords } from '../../locales/pages';
import { useMay } from '../session/session';
import { useClinics } from '../today/clinics';

type Schemas = components['schemas'];

const MASKED = 'masked';
const FULL = 'full';
const INITIAL = { format: 'xlsx', extent: MASKED };

/** Which people, in which form, masked or in full; in full only with a reason that stands in the trail. */
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
    {
      name: 'reason', label: 'exp.reason', kind: 'code', codes: ExportReason, required: true, wide: true, hint: 'exp.reasonHint',
      when: (draft) => draft['extent'] === FULL,
    },
  ]; // prettier-ignore
}

/** The browser keeps the table as a file; nothing of it stays in the page. */
function save(file: Blob, name: string): void {
  const address = URL.createObjectURL(file);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}

async function exported(body: Schemas['RegisterIn'], reason: Schemas['ExportReason'] | undefined): Promise<Blob> {
  const { data, error, response } = reason
    ? await api.POST('/v1/register:export-in-full', { body: { ...body, reason }, parseAs: 'blob' })
    : await api.POST('/v1/register:export', { body, parseAs: 'blob' });
  if (data === undefined) throw problem(response, error);
  return data as Blob;
}

/** The register as a table; a whole person is exported from that person's own page. */
export default function ExportsPage() {
  const { t } = usePageWords();
  const fields = useFields(useMay('people.reveal'));
  const form = useForm(
    'export',
    fields,
    INITIAL,
    async ({ clinic, disease, format, reason }) => {
      const body = { format, ...(clinic ? { clinic } : {}), ...(disease ? { disease } : {}) } as Schemas['RegisterIn'];
      save(await exported(body, reason as Schemas['ExportReason'] | undefined), `register.${String(format)}`);
    },
    () => notify(t('exp.done')),
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
            </Button>
          </div>
        </Form>
      </Card>
      <Card title={t('exp.person')}>
        <p>{t('exp.personHint')}</p>
      </Card>
    </Page>
  );
}
