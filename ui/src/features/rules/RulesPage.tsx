import { useKeys } from '../../app/keys';
import { Asked } from '../../kit/Asked';
import { DataTable } from '../../kit/DataTable';
import { Card, Page, Switch } from '../../kit/Page';
import { Tag } from '../../kit/Tag';
import { RuleSetKind } from '../../locales/codes';
import { usePageWords } from '../../locales/pages';
import { goTo, useOneOf, useUrl } from '../../url';
import { type Schemas, useRuleSet, useRuleSets } from './data';
import classes from './Rules.module.css';
import { TryOut } from './TryOut';

/** The rules in their versions: since when each holds, by which numbers, what a new one changes; and a case to try. */
export default function RulesPage() {
  const { t } = usePageWords();
  const sets = useRuleSets();
  const tab = useOneOf('tab', ['versions', 'try']);
  useKeys({ p: () => print() });
  return (
    <Page
      title={t('nav.rules')}
      aside={
        <Switch
          label={t('rule.view')}
          options={[
            ['versions', t('rule.sets')],
            ['try', t('rule.tryOut')],
          ]}
          value={tab}
          onChange={(next) => goTo({ tab: next })}
        />
      }
    >
      <Asked query={sets} lines={10}>
        {({ items }) => (tab === 'try' ? <TryOut sets={items} /> : <Versions sets={items} />)}
      </Asked>
    </Page>
  );
}

function Versions({ sets }: { readonly sets: readonly Schemas['RuleSetBrief'][] }) {
  const { t, say, name } = usePageWords();
  const named = useUrl('open');
  const open = sets.find((one) => one.version === named) ?? sets.find((one) => one.in_force);
  return (
    <>
      <Card title={t('rule.sets')} flush>
        <DataTable
          caption={t('rule.sets')}
          rows={sets}
          rowKey={(one) => one.version}
          onOpen={(one) => goTo({ open: one.version })}
          empty={t('rule.none')}
          columns={[
            { head: t('rule.title'), cell: (one) => say(one.title) },
            { head: t('rule.version'), cell: (one) => one.version },
            { head: t('rule.kind'), cell: (one) => name(RuleSetKind, one.kind) },
            { head: t('rule.from'), cell: (one) => one.effective_from },
            { head: t('rule.until'), cell: (one) => one.effective_until ?? '—' },
            {
              head: t('fact.state'),
              cell: (one) => (one.in_force ? <Tag tone="good">{t('rule.inForce')}</Tag> : <Tag tone="ended">{t('rule.notInForce')}</Tag>),
            },
          ]}
        />
      </Card>
      {open && <OneVersion key={open.version} version={open.version} />}
    </>
  );
}

/** One version: what changed, its numbers, its rules in words. */
function OneVersion({ version }: { readonly version: string }) {
  const { t, say } = usePageWords();
  const query = useRuleSet(version);
  return (
    <Asked query={query} lines={12}>
      {(set) => (
        <>
          <Card title={`${say(set.title)} · ${set.version}`}>
            <p className="muted">{say(set.source)}</p>
            {set.former && <Changes former={set.former} changes={set.changes} />}
          </Card>
          <Card title={t('rule.thresholds')} flush>
            <DataTable
              caption={t('rule.thresholds')}
              rows={set.thresholds}
              rowKey={(one) => one.key}
              empty={t('rule.noThresholds')}
              columns={[
                { head: t('rule.meaning'), cell: (one) => say(one.text) },
                { head: t('rule.value'), number: true, cell: (one) => one.value },
                { head: t('fact.unit'), cell: (one) => one.unit },
                { head: t('rule.rule'), cell: (one) => <code>{one.rule}</code> },
              ]}
            />
          </Card>
          <Card title={t('rule.rules')} flush>
            <DataTable
              caption={t('rule.rules')}
              rows={set.rules}
              rowKey={(one) => one.rule}
              empty={t('rule.noRules')}
              columns={[
                { head: t('rule.rule'), cell: (one) => <code>{one.rule}</code> },
                { head: t('rule.says'), cell: (one) => say(one.text) },
              ]}
            />
          </Card>
        </>
      )}
    </Asked>
  );
}

interface ChangesProps {
  readonly former: string;
  readonly changes: Schemas['RuleSetOut']['changes'];
}

/** What differs from the version before. */
function Changes({ former, changes }: ChangesProps) {
  const { t } = usePageWords();
  return (
    <DataTable
      caption={t('rule.changed', { former })}
      rows={changes}
      rowKey={(one) => one.key}
      empty={t('rule.unchanged', { former })}
      columns={[
        { head: t('rule.changed', { former }), cell: (one) => <code>{one.key}</code> },
        { head: t('rule.beforeHead'), cell: (one) => (one.before === null ? t('rule.added') : <span className={classes.before}>{one.before}</span>) },
        { head: t('rule.after'), cell: (one) => (one.after === null ? t('rule.removed') : <strong>{one.after}</strong>) },
      ]}
    />
  );
}
