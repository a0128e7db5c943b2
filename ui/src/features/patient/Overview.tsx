import { clinicToday, shortDay } from '../../dates';
import { Card, Pairs } from '../../kit/Page';
import { Tag } from '../../kit/Tag';
import { Condition, Frequency, Quantity } from '../../locales/codes';
import { usePageWords } from '../../locales/pages';
import { goTo } from '../../url';
import { useMay } from '../session/session';
import { GlucoseCard } from './GlucoseCard';
import { HeldDevices } from './HeldDevices';
import { LatestLabs } from './LatestLabs';
import classes from './Patient.module.css';
import { PressureCard } from './PressureCard';
import type { Summary } from './data';
import { ShortTimeline } from './ShortTimeline';
import { Source } from './Source';

interface OverviewProps {
  readonly id: string;
  readonly summary: Summary;
}

export function Overview({ id, summary }: OverviewProps) {
  const mayDevices = useMay('devices.manage');
  return (
    <div className={classes.columns}>
      <div className={classes.column}>
        <PressureCard id={id} summary={summary} />
        <GlucoseCard id={id} summary={summary} />
        <LatestLabs summary={summary} />
      </div>
      <div className={classes.column}>
        <Risk summary={summary} />
        <Due summary={summary} />
        <Medicines summary={summary} />
        <ShortTimeline id={id} />
        {mayDevices && <HeldDevices id={id} clinic={summary.person.clinic_id} />}
      </div>
    </div>
  );
}

/** The risk with what holds because of it: targets with their reasons, the kidney, diagnoses. */
function Risk({ summary }: { readonly summary: Summary }) {
  const { t, say, name, listed } = usePageWords();
  const { kidney, risk } = summary;
  const reasons = [...new Map(summary.targets.map(({ reason }) => [reason.rule, reason] as const)).values()];
  return (
    <Card
      title={risk ? t('p360.riskIs', { level: say(risk.label) }) : t('p360.noRisk')}
      aside={
        <button type="button" className={classes.why} onClick={() => goTo({ show: 'risk' })}>
          {t('risk.whyLink')}
        </button>
      }
    >
      <Pairs
        rows={[
          ...(summary.diagnoses.length > 0
            ? [
                [
                  t('part.diagnoses'),
                  listed(summary.diagnoses.map((one) => one.name ?? (name(Condition, one.condition) || one.icd10 || ''))),
                ] as const,
              ]
            : []),
          ...(kidney.g || kidney.a ? [[t('p360.kidney'), <Source key="kidney" to={{ show: 'labs' }}>{`${kidney.g ?? ''} ${kidney.a ?? ''}`}</Source>] as const] : []),
          ...summary.targets
            .slice(0, 6)
            .map((target) => [name(Quantity, target.quantity), target.label] as const),
        ]}
      />
      {reasons.length > 0 && (
        <details>
          <summary>{t('p360.reasons')}</summary>
          <ul className={classes.list}>
            {reasons.map((reason) => (
              <li key={reason.rule}>
                {say(reason.text)} <span className="muted">{reason.rule}</span>
              </li>
            ))}
          </ul>
        </details>
      )}
    </Card>
  );
}

const MOST_DUE = 8;

function Due({ summary }: { readonly summary: Summary }) {
  const { t, say } = usePageWords();
  const today = clinicToday();
  const due = [...summary.due].sort((a, b) => Number(b.overdue) - Number(a.overdue) || a.by_on.localeCompare(b.by_on));
  return (
    <Card title={t('p360.due')} aside={<span className="muted">{due.length}</span>}>
      {due.length === 0 && <p>{t('p360.nothingDue')}</p>}
      <ul className={classes.list}>
        {due.slice(0, MOST_DUE).map((gap) => (
          <li key={gap.item} title={`${say(gap.reason.text)} (${gap.reason.rule})`}>
            <Tag tone={gap.overdue ? 'warn' : 'plain'}>{t(gap.overdue ? 'p360.overdue' : 'p360.upcoming')}</Tag>
            {say(gap.text)} <span className="muted">{shortDay(gap.by_on, today)}</span>
          </li>
        ))}
      </ul>
      {due.length > MOST_DUE && (
        <details>
          <summary>{t('p360.allDue', { n: due.length - MOST_DUE })}</summary>
          <ul className={classes.list}>
            {due.slice(MOST_DUE).map((gap) => (
              <li key={gap.item}>
                {say(gap.text)} <span className="muted">{say(gap.reason.text)}</span>
              </li>
            ))}
          </ul>
        </details>
      )}
    </Card>
  );
}

function Medicines({ summary }: { readonly summary: Summary }) {
  const { t, name } = usePageWords();
  return (
    <Card title={t('part.medicines')}>
      {summary.medicines.length === 0 && <p className="muted">{t('p360.noMedicines')}</p>}
      <ul className={classes.list}>
        {summary.medicines.map((one) => (
          <li key={`${one.name}${one.on}`}>
            <strong>{one.name}</strong>{' '}
            <Source to={{ show: 'medicines' }}>
              {one.dose ? Number(one.dose) : ''} {one.dose_unit} {name(Frequency, one.frequency)}
            </Source>
          </li>
        ))}
      </ul>
    </Card>
  );
}
