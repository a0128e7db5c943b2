import { localMoment } from '../../dates';
import { DataTable } from '../../kit/DataTable';
import { More } from '../../kit/More';
import { Card } from '../../kit/Page';
import { Tag, type Tone } from '../../kit/Tag';
import { Disease, ExportReason, ExportState, SheetFormat } from '../../locales/codes';
import { usePageWords } from '../../locales/pages';
import { useClinicName } from '../patients/columns';
import { type Export, type Schemas, useExports } from './exports';

const TONES: Readonly<Record<Schemas['ExportState'], Tone>> = { waiting: 'plain', ready: 'good', expired: 'ended' };

/** Who exported what, why, when and how many people; one's own file as long as it can be fetched. */
export function ExportLog() {
  const { t, name } = usePageWords();
  const query = useExports();
  const clinicName = useClinicName();
  const names = Object.assign({}, ...(query.data?.pages.map((page) => page.names) ?? [])) as Record<string, string>;
  const what = (one: Export): string =>
    [
      one.clinic_id ? clinicName(one.clinic_id) : t('exp.allClinics'),
      one.disease ? name(Disease, one.disease) : null,
      t(one.in_full ? 'exp.full' : 'exp.masked'),
      name(SheetFormat, one.format),
    ]
      .filter(Boolean)
      .join(' · ');
  return (
    <Card title={t('exp.log')} flush>
      <More<Export> query={query}>
        {(rows) => (
          <DataTable
            caption={t('exp.log')}
            rows={rows}
            rowKey={(one) => one.id}
            empty={t('exp.none')}
            columns={[
              { head: t('exp.madeAt'), cell: (one) => localMoment(one.made_at) },
              { head: t('exp.who'), cell: (one) => names[one.made_by] ?? one.made_by.slice(-6) },
              { head: t('exp.what'), cell: what },
              { head: t('exp.reason'), cell: (one) => name(ExportReason, one.reason) },
              { head: t('exp.people'), number: true, cell: (one) => one.people ?? '–' },
              { head: t('exp.file'), cell: (one) => <File one={one} /> },
            ]}
          />
        )}
      </More>
    </Card>
  );
}

function File({ one }: { readonly one: Export }) {
  const { t, name } = usePageWords();
  if (one.state !== 'ready' || !one.is_own) return <Tag tone={TONES[one.state]}>{name(ExportState, one.state)}</Tag>;
  return (
    <a href={`/v1/exports/${one.id}/file`} download>
      {t('exp.download', { at: localMoment(one.expires_at ?? '').slice(5) })}
    </a>
  );
}
