
import { Link } from '../../kit/Link';
import { Asked } from '../../kit/Asked';
import { DataTable } from '../../kit/DataTable';
import { Dialog } from '../../kit/Dialog';
import { Card, Pairs } from '../../kit/Page';
import { Tag } from '../../kit/Tag';
import { Adherence, Disease, GlucosePeriod, VisitMode } from '../../locales/codes';
import { glucoseText } from '../../kit/values';
import { usePageWords } from '../../locales/pages';
import { goTo, useUrl } from '../../url';
import { type Schemas, useVisits } from './data';

type Visit = Schemas['FollowupOut'];

const glucoseOf = (visit: Visit): string =>
  visit.fasting_glucose_mmol_l === null ? '' : glucoseText(visit.fasting_glucose_mmol_l);

/** The visits as they were judged when they were saved. */
export default function VisitsPanel({ id }: { readonly id: string }) {
  const { t, say, name } = usePageWords();
  const query = useVisits(id, 100);
  const meant = useUrl('open');
  const open = query.data?.items.find((visit) => visit.id === meant || `${visit.disease}:${visit.visited_on}` === meant);
  return (
    <Card title={t('part.visits')} flush aside={<Link href={`/patients/${id}/visits`}>{t('visit.compare')}</Link>}>
      <Asked query={query}>
        {({ items }) => (
          <DataTable
            caption={t('part.visits')}
            rows={items}
            rowKey={(visit) => visit.id}
            onOpen={(visit) => goTo({ open: visit.id })}
            empty={t('visit.none')}
            columns={[
              { head: t('fact.on'), cell: (visit) => visit.visited_on },
              { head: t('patients.disease'), cell: (visit) => name(Disease, visit.disease) },
              { head: t('visit.mode'), cell: (visit) => name(VisitMode, visit.mode) },
              {
                head: `${t('bp.title')} (mmHg)`,
                number: true,
                cell: (visit) => (visit.sbp_mmhg === null ? '' : `${visit.sbp_mmhg}/${visit.dbp_mmhg}`),
              },
              { head: t('visit.fasting'), number: true, cell: glucoseOf },
              { head: t('visit.judged'), cell: (visit) => <Judged judgement={visit.judgement} /> },
              { head: t('visit.action'), cell: (visit) => say(visit.judgement.action_text) },
              { head: t('visit.next'), cell: (visit) => visit.judgement.next_visit_on },
            ]}
          />
        )}
      </Asked>
      {open && <VisitDialog visit={open} onClose={() => goTo({ open: null })} />}
    </Card>
  );
}

export function Judged({ judgement }: { readonly judgement: Schemas['JudgementOut'] }) {
  const { t, say } = usePageWords();
  if (judgement.classification_text === null) return <Tag tone="plain">{t('visit.notJudged')}</Tag>;
  return <Tag tone={judgement.controlled ? 'good' : 'warn'}>{say(judgement.classification_text)}</Tag>;
}

function VisitDialog({ visit, onClose }: { readonly visit: Visit; readonly onClose: () => void }) {
  const { t, say, name } = usePageWords();
  const { judgement } = visit;
  return (
    <Dialog title={`${visit.visited_on} ${name(Disease, visit.disease)}`} onClose={onClose}>
      <Judged judgement={judgement} />
      <ul>
        {[...judgement.reasons, ...judgement.warnings].map((reason) => (
          <li key={reason.en}>{say(reason)}</li>
        ))}
      </ul>
      <Pairs
        rows={[
          [t('visit.action'), say(judgement.action_text)],
          [t('visit.next'), judgement.next_visit_on],
          [t('visit.heartRate'), visit.heart_rate_bpm === null ? '–' : t('visit.perMinute', { n: visit.heart_rate_bpm })],
          [t('visit.weight'), visit.weight_kg === null ? '–' : `${Number(visit.weight_kg)} kg`],
          [t('visit.adherence'), name(Adherence, visit.adherence) || '–'],
          [
            t('visit.other'),
            visit.other_glucose_mmol_l === null
              ? '–'
              : `${glucoseText(visit.other_glucose_mmol_l)} ${name(GlucosePeriod, visit.other_glucose_period)}`,
          ],
          [t('reg.doctor'), visit.doctor ?? '–'],
          [t('visit.rules'), `${judgement.ruleset} · ${judgement.rule_ids.join(' ')}`],
        ]}
      />
      {judgement.late_entry && <Tag tone="time">{t('visit.late')}</Tag>}
    </Dialog>
  );
}
