import { Button } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link, useParams } from 'wouter';

import { api, dataOf } from '../../api/client';
import { useKeys } from '../../app/keys';
import { localMoment } from '../../dates';
import { Asked } from '../../kit/Asked';
import { DataTable } from '../../kit/DataTable';
import { refusal } from '../../kit/fields';
import kit from '../../kit/kit.module.css';
import { More } from '../../kit/More';
import { Card, Page, Pairs } from '../../kit/Page';
import { Tag } from '../../kit/Tag';
import { notify } from '../../kit/toasts';
import { Disease, ReportBucket, ReportState, SheetFormat } from '../../locales/codes';
import { usePageWords } from '../../locales/pages';
import { useActorName } from '../session/actor';
import { useMay } from '../session/session';
import { useClinics } from '../today/clinics';
import { monthOfReport, REPORT_TONES, type Schemas, useChanges, useReport } from './data';
import { Values } from './Values';

/** One frozen report: who made it, its numbers beside what they are now, and who stands elsewhere since. */
export default function ReportPage() {
  const { t, say } = usePageWords();
  const { id = '' } = useParams<{ id: string }>();
  const report = useReport(id);
  const { organisations } = useClinics();
  const place = organisations.find((one) => one.id === report.data?.organisation_id);
  useKeys({ p: () => print() });
  const title = report.data
    ? t('rep.one', { name: place ? say(place.name) : '', month: monthOfReport(report.data), version: report.data.version })
    : t('nav.reports');
  return (
    <Page landscape title={title} aside={<Link href="/reports">{t('rep.all')}</Link>}>
      <Asked query={report} lines={14}>
        {(data) => (
          <>
            <Standing report={data} />
            <Values report={data} organisations={organisations} />
            <Changes report={data} />
          </>
        )}
      </Asked>
    </Page>
  );
}

/** Where it stands, who stands for it, and what can be taken away. */
function Standing({ report }: { readonly report: Schemas['ReportDetail'] }) {
  const { t, name } = usePageWords();
  const who = useActorName(report.names);
  return (
    <Card
      title={t('rep.standing')}
      aside={
        <>
          {SheetFormat.map(([form]) => (
            <a key={form} href={`/v1/indicator-reports/${report.id}/export?format=${form}`} download>
              {t('rep.file', { form: form.toUpperCase() })}
            </a>
          ))}
        </>
      }
    >
      <Pairs
        rows={[
          [t('fact.state'), <Tag key="state" tone={REPORT_TONES[report.state]}>{name(ReportState, report.state)}</Tag>],
          [t('rep.days'), `${report.period.start} – ${report.period.end}`],
          [t('rep.by'), `${who(report.proposed_by)} · ${localMoment(report.proposed_at)}`],
          ...(report.approved_by
            ? [[t('rep.second'), `${who(report.approved_by)}${report.approved_at ? ` · ${localMoment(report.approved_at)}` : ''}`] as const]
            : []),
          ...(report.refused_by ? [[t('rep.refusedBy'), who(report.refused_by)] as const] : []),
          ...(report.reason ? [[t('rep.reason'), report.reason] as const] : []),
          ...(report.replaces
            ? [[t('rep.replaces'), <Link key="former" href={`/reports/${report.replaces}`}>{t('rep.former')}</Link>] as const]
            : []),
          [t('rep.digest'), <code key="digest">{report.digest}</code>],
        ]}
      />
      {report.state === 'proposed' && <Decide id={report.id} />}
    </Card>
  );
}

/** A second person lets it be published, or refuses it; the server knows who may. */
function Decide({ id }: { readonly id: string }) {
  const words = usePageWords();
  const { t } = words;
  const queries = useQueryClient();
  const may = useMay('reports.publish');
  const params = { params: { path: { report_id: id } } };
  const decide = useMutation({
    mutationFn: (approve: boolean) =>
      dataOf(
        approve
          ? api.POST('/v1/indicator-reports/{report_id}:approve', params)
          : api.POST('/v1/indicator-reports/{report_id}:refuse', params),
      ),
    onSuccess: (_, approve) => {
      notify(t(approve ? 'rep.published' : 'rep.refusedNow'));
      void queries.invalidateQueries({ queryKey: ['report'] });
      void queries.invalidateQueries({ queryKey: ['reports'] });
    },
  });
  if (!may) return <p className="muted">{t('rep.waits')}</p>;
  return (
    <>
      <p className="muted">{t('rep.waits')}</p>
      <div className={kit.line}>
        <Button loading={decide.isPending} onClick={() => decide.mutate(true)}>
          {t('rep.approve')}
        </Button>
        <Button variant="default" loading={decide.isPending} onClick={() => decide.mutate(false)}>
          {t('rep.refuse')}
        </Button>
      </div>
      {decide.error && (
        <p role="alert" className={kit.fault}>
          ▲ {refusal(decide.error, words)}
        </p>
      )}
    </>
  );
}

/** Who stands elsewhere now than in the report: what came late, was corrected, merged or moved. */
function Changes({ report }: { readonly report: Schemas['ReportDetail'] }) {
  const { t, say, name } = usePageWords();
  const sees = useMay('people.read');
  const changes = useChanges(report.id, sees);
  if (!sees) return null;
  const titleOf = ({ code, disease }: Schemas['ReportChangeOut']): string => {
    const found = report.definitions.find((one) => one.code === code && one.disease === disease);
    return found ? say(found.title) : code;
  };
  return (
    <Card title={t('rep.changes')} flush>
      <More<Schemas['ReportChangeOut']> query={changes}>
        {(rows) => (
          <DataTable
            caption={t('rep.changes')}
            rows={rows}
            rowKey={(one) => `${one.patient_id}${one.code}${one.disease}`}
            empty={t('rep.noChanges')}
            columns={[
              { head: t('col.person'), cell: (one) => <Link href={`/patients/${one.patient_id}`}>{t('rep.openPerson')}</Link> },
              { head: t('ind.indicator'), cell: titleOf },
              { head: t('patients.disease'), cell: (one) => name(Disease, one.disease) },
              { head: t('rep.then'), cell: (one) => name(ReportBucket, one.then) },
              { head: t('rep.now'), cell: (one) => name(ReportBucket, one.now) },
            ]}
          />
        )}
      </More>
    </Card>
  );
}
