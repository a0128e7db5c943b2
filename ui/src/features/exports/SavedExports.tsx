import { Button } from '@mantine/core';

import { Asked } from '../../kit/Asked';
import { DataTable } from '../../kit/DataTable';
import kit from '../../kit/kit.module.css';
import { Card } from '../../kit/Page';
import { Disease, ExportReason, SheetFormat } from '../../locales/codes';
import { usePageWords } from '../../locales/pages';
import { useClinicName } from '../patients/columns';
import { useMay } from '../session/session';
import { type Definition, useDefinitionActs, useDefinitions } from './exports';

/** Exports that are made again and again: one press makes one more, with its purpose, noted as any other. */
export function SavedExports() {
  const { t, name } = usePageWords();
  const query = useDefinitions();
  const clinicName = useClinicName();
  const mayReveal = useMay('people.reveal');
  const { make, remove } = useDefinitionActs();
  const what = (one: Definition): string =>
    [one.disease ? name(Disease, one.disease) : null, t(one.in_full ? 'exp.full' : 'exp.masked'), name(SheetFormat, one.format)]
      .filter(Boolean)
      .join(' · ');
  return (
    <Card title={t('exp.saved')} flush>
      <Asked query={query} lines={2}>
        {({ items }) => (
          <DataTable
            caption={t('exp.saved')}
            rows={items}
            rowKey={(one) => one.id}
            empty={t('exp.noneSaved')}
            columns={[
              { head: t('exp.name'), cell: (one) => one.name },
              { head: t('exp.clinic'), cell: (one) => clinicName(one.clinic_id) },
              { head: t('exp.what'), cell: what },
              { head: t('exp.reason'), cell: (one) => name(ExportReason, one.reason) },
              {
                head: t('exp.act'),
                cell: (one) => (
                  <span className={kit.line}>
                    <Button size="compact-sm" disabled={make.isPending || (one.in_full && !mayReveal)} onClick={() => make.mutate(one)}>
                      {t('exp.make')}
                    </Button>
                    <Button size="compact-sm" variant="default" disabled={remove.isPending} onClick={() => remove.mutate(one)}>
                      {t('exp.remove')}
                    </Button>
                  </span>
                ),
              },
            ]}
          />
        )}
      </Asked>
    </Card>
  );
}
