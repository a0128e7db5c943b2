import { Button } from '@mantine/core';
import { useMemo, useState } from 'react';

import { clinicToday } from '../../dates';
import { Fields } from '../../kit/Fields';
import { FaultSummary, Form } from '../../kit/Form';
import { Card, Pairs } from '../../kit/Page';
import { Tag, type Tone } from '../../kit/Tag';
import { useForm } from '../../kit/useForm';
import { usePageWords } from '../../locales/pages';
import { evaluate, type Schemas } from './data';
import { caseFields } from './fields';
import classes from './Rules.module.css';

interface TryOutProps {
  readonly sets: readonly Schemas['RuleSetBrief'][];
}

/** A case of nobody: findings at the left, what the rules say at the right, as they would say it of a visit. */
export function TryOut({ sets }: TryOutProps) {
  const { t } = usePageWords();
  const [answer, setAnswer] = useState<Schemas['EvaluationOut'] | null>(null);
  const fields = useMemo(() => caseFields(sets), [sets]);
  const initial = useMemo(() => ({ disease: 'HTN', on: clinicToday() }), []);
  const [kept, setKept] = useState<Readonly<Record<string, string>>>(initial);
  const form = useForm(
    'ruleset-case',
    fields,
    kept,
    async (body, draft) => {
      const said = await evaluate(body);
      setKept(draft); // the case stays, to be changed a little and tried again
      return said;
    },
    setAnswer,
  );
  return (
    <div className={classes.halves}>
      <Card title={t('rule.case')} aside={<span className="muted">{t('rule.nothingStored')}</span>}>
        <Form label={t('rule.case')} onSubmit={form.send}>
          <FaultSummary faults={form.faults} fields={fields} />
          <Fields fields={fields} draft={form.draft} set={form.set} faults={form.faults} />
          <div data-stop>
            <Button type="submit" loading={form.isSending}>
              {t('rule.try')}
            </Button>
          </div>
        </Form>
      </Card>
      <div aria-live="polite">
        {answer ? <Answer answer={answer} /> : <Card title={t('rule.answer')}>{t('rule.answerHint')}</Card>}
      </div>
    </div>
  );
}

function toneOf({ action, controlled }: Schemas['EvaluationOut']): Tone {
  if (action === 'EMERGENCY_REFER') return 'bad';
  if (controlled === null) return 'plain';
  return controlled ? 'good' : 'warn';
}

/** What the rules say, which of them fired, and by which versions. */
function Answer({ answer }: { readonly answer: Schemas['EvaluationOut'] }) {
  const { t, say } = usePageWords();
  return (
    <Card title={t('rule.answer')}>
      <p>
        <Tag tone={toneOf(answer)}>{answer.classification_text ? say(answer.classification_text) : t('visit.notJudged')}</Tag>{' '}
        <strong>{say(answer.action_text)}</strong>
      </p>
      <Pairs
        rows={[
          [t('rule.latest'), answer.next_visit_latest_on],
          [t('rule.versions'), `${answer.ruleset} · ${answer.guideline}`],
        ]}
      />
      <List title={t('rule.reasons')} items={[...answer.reasons, ...answer.warnings].map((one) => [say(one), ''] as const)} />
      <List title={t('rule.fired')} items={answer.rules.map((one) => [say(one.text), one.rule] as const)} />
      <List title={t('rule.advice')} items={answer.advice.map((one) => [say(one.text), `${one.rule} · ${one.ruleset}`] as const)} />
    </Card>
  );
}

function List({ title, items }: { readonly title: string; readonly items: readonly (readonly [string, string])[] }) {
  if (items.length === 0) return null;
  return (
    <>
      <h3 className={classes.head}>{title}</h3>
      <ul className={classes.list}>
        {items.map(([words, rule]) => (
          <li key={`${rule}${words}`}>
            {words} {rule && <code className="muted">{rule}</code>}
          </li>
        ))}
      </ul>
    </>
  );
}
