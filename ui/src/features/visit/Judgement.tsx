import kit from '../../kit/kit.module.css';
import { Tag } from '../../kit/Tag';
import { Disease } from '../../locales/codes';
import { usePageWords } from '../../locales/pages';
import type { Schemas } from '../patient/data';
import classes from './Visit.module.css';

type Out = Schemas['JudgementOut'];

function toneOf(judgement: Out): 'good' | 'warn' | 'bad' | 'plain' {
  if (judgement.action === 'EMERGENCY_REFER') return 'bad';
  if (judgement.controlled === null) return 'plain';
  return judgement.controlled ? 'good' : 'warn';
}

/** What the rules say to one disease: class, reasons, what to do, and when to come again. */
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
      {judgement.action !== 'ROUTINE' && <span className={tone === 'bad' ? kit.fault : undefined}>▶ {say(judgement.action_text)}</span>}
      <ul>
        {[...judgement.reasons, ...judgement.warnings].map((reason) => (
          <li key={reason.en}>{say(reason)}</li>
        ))}
      </ul>
      <span>
        {t('visit.next')} <span className={classes.next}>{judgement.next_visit_on}</span>
      </span>
      {judgement.late_entry && <Tag tone="time">{t('visit.late')}</Tag>}
      <span className="muted">{judgement.ruleset}</span>
    </div>
  );
}
