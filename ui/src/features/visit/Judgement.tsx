import kit from '../../kit/kit.module.css';
import { Tag } from '../../kit/Tag';
import { Disease, ReferralReason } from '../../locales/codes';
import { usePageWords } from '../../locales/pages';
import type { Schemas } from '../patient/data';
import classes from './Visit.module.css';

type Out = Schemas['JudgementOut'];

function toneOf(judgement: Out): 'good' | 'warn' | 'bad' | 'plain' {
  if (judgement.action === 'EMERGENCY_REFER') return 'bad';
  if (judgement.controlled === null) return 'plain';
  return judgement.controlled ? 'good' : 'warn';
}

/** What the rules say to one disease: class, reasons, what to do, when to come again, and what the guideline adds. */
export function Judgement({ judgement }: { readonly judgement: Out }) {
  const { t, say, name } = usePageWords();
  const tone = toneOf(judgement);
  return (
    <div className={`${classes.judgement} ${classes[tone] ?? ''}`}>
      <strong>
        {name(Disease, judgement.disease)}:{' '}
        <Tag tone={tone}>
          {judgement.classification_text ? say(judgement.classification_text) : t('visit.notJudged')}
        </Tag>
      </strong>
      {judgement.action !== 'ROUTINE' && (
        <span className={tone === 'bad' ? kit.fault : undefined}>
          ▶ {say(judgement.action_text)}
          {judgement.referral_reason && ` (${name(ReferralReason, judgement.referral_reason)})`}
        </span>
      )}
      <ul>
        {[...judgement.reasons, ...judgement.warnings].map((reason) => (
          <li key={reason.en}>{say(reason)}</li>
        ))}
      </ul>
      <span>
        {t('visit.next')} <span className={classes.next}>{judgement.next_visit_on}</span>
      </span>
      {judgement.late_entry && <Tag tone="time">{t('visit.late')}</Tag>}
      {judgement.advice && judgement.advice.length > 0 && (
        <details className={classes.advice} open>
          <summary>{t('visit.guideline', { n: judgement.advice.length })}</summary>
          <ul>
            {judgement.advice.map(({ rule, ruleset, text }) => (
              <li key={rule} title={`${ruleset} · ${rule}`}>
                {say(text)}
              </li>
            ))}
          </ul>
        </details>
      )}
      <span className="muted">{judgement.ruleset}</span>
    </div>
  );
}
