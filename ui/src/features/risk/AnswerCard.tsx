import { Card, Pairs } from '../../kit/Page';
import { Tag } from '../../kit/Tag';
import { usePageWords } from '../../locales/pages';
import { type Schemas, shareText, toneOfBand } from './data';
import { Parts } from './Parts';
import classes from './Risk.module.css';

/** One question of the published equations: the number, which equation and why, what would change it, what it lacks. */
export function AnswerCard({ answer }: { readonly answer: Schemas['RiskAnswerOut'] }) {
  const { t, say, listed } = usePageWords();
  return (
    <Card title={say(answer.text)} aside={answer.level_text && <Tag tone={toneOfBand(answer.level)}>{say(answer.level_text)}</Tag>}>
      <div className={classes.figure}>
        <span className={classes.big}>{answer.value === null ? t('risk.noNumber') : shareText(answer.value)}</span>
        {answer.value !== null && answer.horizon_years !== null && <span className="muted">{t('risk.within', { n: answer.horizon_years })}</span>}
        {answer.disagree && <Tag tone="warn">{t('risk.disagree')}</Tag>}
      </div>
      <Pairs
        rows={[
          ...(answer.reference_value === null ? [] : [[t('risk.reference'), shareText(answer.reference_value)] as const]),
          ...(answer.at_goals === null ? [] : [[t('risk.atGoals'), <strong key="goals">{shareText(answer.at_goals)}</strong>] as const]),
          ...(answer.title ? [[t('risk.equation'), `${say(answer.title)} · ${answer.version ?? ''}`] as const] : []),
          [t('risk.why'), say(answer.why)],
          ...(answer.population ? [[t('risk.population'), say(answer.population)] as const] : []),
          ...answer.others.map((other) => [say(other.title), shareText(other.value)] as const),
        ]}
      />
      <Parts parts={answer.parts} />
      <Words title={t('risk.missing')} items={answer.missing.map((one) => say(one.text))} />
      <Words title={t('risk.concerns')} items={answer.concerns.map((one) => t('risk.concern', { what: say(one.text), why: listed(one.what.map(say)) }))} />
      <Words title={t('risk.caveats')} items={answer.caveats.map(say)} />
    </Card>
  );
}

export function Words({ title, items }: { readonly title: string; readonly items: readonly string[] }) {
  if (items.length === 0) return null;
  return (
    <>
      <h3 className={classes.head}>{title}</h3>
      <ul className={classes.list}>
        {[...new Set(items)].map((item) => (
          <li key={item}>{item}</li>
        ))}
      </ul>
    </>
  );
}

/** One number of a trained model, with its band, its tier and what was filled in. */
export function ModelCard({ model }: { readonly model: Schemas['RiskModelOut'] }) {
  const { t, say } = usePageWords();
  return (
    <Card title={say(model.text)} aside={<span className="muted">{say(model.tier_text)}</span>}>
      <div className={classes.figure}>
        <span className={classes.big}>{shareText(model.value)}</span>
        <span className="muted">{t('risk.band80', { low: shareText(model.low), high: shareText(model.high) })}</span>
      </div>
      <Pairs
        rows={[
          ...(model.horizon_years === null ? [] : [[t('risk.horizon'), t('risk.within', { n: model.horizon_years })] as const]),
          [t('risk.reference'), shareText(model.reference_value)],
          [t('risk.raw'), shareText(model.raw)],
          ...(model.filled ? [[t('risk.filled'), say(model.filled.text)] as const] : []),
        ]}
      />
      <Parts parts={model.parts} />
      <Words title={t('risk.caveats')} items={model.caveats.map(say)} />
    </Card>
  );
}
