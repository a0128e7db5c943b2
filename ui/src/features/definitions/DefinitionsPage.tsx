import { Link } from 'wouter';

import { useKeys } from '../../app/keys';
import type { components } from '../../api/schema';
import { Asked } from '../../kit/Asked';
import { DataTable } from '../../kit/DataTable';
import { Filter } from '../../kit/Filter';
import { Card, Page, Pairs } from '../../kit/Page';
import { Disease, FactSource, IndicatorSet } from '../../locales/codes';
import { usePageWords } from '../../locales/pages';
import { goTo, useUrl } from '../../url';
import { DefinitionWords } from '../indicators/Words';
import { useDefinitions } from '../rates/rates';

type Schemas = components['schemas'];
type Definition = Schemas['IndicatorOut'];
type Waiting = Schemas['WaitingOut'];

const nameOf = ({ code, disease }: Definition): string => `${code}.${disease}`;

/** Every indicator in words: what is counted of whom, with which options, and which options still wait. */
export default function DefinitionsPage() {
  const { t } = usePageWords();
  const definitions = useDefinitions();
  useKeys({ p: () => print(), Escape: () => goTo({ open: null }) });
  return (
    <Page
      title={t('nav.definitions')}
      aside={
        <>
          <Filter label={t('ind.set')} param="set" codes={IndicatorSet} />
          <Filter label={t('patients.disease')} param="disease" codes={Disease} />
        </>
      }
    >
      <Asked query={definitions} lines={12}>
        {({ items, waiting }) => (
          <>
            <Opened definitions={items} waiting={waiting} />
            <Definitions definitions={items} />
            <WaitingOptions waiting={waiting} />
          </>
        )}
      </Asked>
    </Page>
  );
}

function Definitions({ definitions }: { readonly definitions: readonly Definition[] }) {
  const { t, say, name } = usePageWords();
  const set = useUrl('set');
  const disease = useUrl('disease');
  const open = (one: Definition): void => {
    goTo({ open: nameOf(one) });
    document.getElementById('main')?.scrollTo(0, 0); // it is shown above the list
  };
  const rows = definitions.filter((one) => (!set || one.belongs_to === set) && (!disease || one.disease === disease));
  return (
    <Card title={t('def.list')} flush aside={<span className="muted">{t('def.count', { n: rows.length })}</span>}>
      <DataTable
        caption={t('def.list')}
        rows={rows}
        rowKey={nameOf}
        onOpen={open}
        empty={t('ind.noneOfSet')}
        columns={[
          { head: t('ind.indicator'), cell: (one) => say(one.title) },
          { head: t('ind.code'), cell: (one) => one.code },
          { head: t('patients.disease'), cell: (one) => name(Disease, one.disease) },
          { head: t('ind.set'), cell: (one) => name(IndicatorSet, one.belongs_to) },
          { head: t('def.direction'), cell: (one) => t(`def.${one.direction}`) },
          { head: t('ind.versionHead'), cell: (one) => one.version },
        ]}
      />
    </Card>
  );
}

interface OpenedProps {
  readonly definitions: readonly Definition[];
  readonly waiting: readonly Waiting[];
}

/** The definition that the address names, in full. */
function Opened({ definitions, waiting }: OpenedProps) {
  const { t, say } = usePageWords();
  const open = useUrl('open');
  const definition = definitions.find((one) => nameOf(one) === open);
  if (!definition) return null;
  const options = Object.entries(definition.parameters);
  const waits = waiting.filter((one) => one.parameter in definition.parameters);
  return (
    <Card
      title={say(definition.title)}
      aside={<Link href={`/indicators/${definition.code}?disease=${definition.disease}`}>{t('def.toNumber')}</Link>}
    >
      <DefinitionWords definition={definition} />
      <Effective definition={definition} />
      <Dependencies definition={definition} />
      {definition.counts_amounts && <p className="muted">{t('ind.amounts')}</p>}
      {options.length > 0 && (
        <DataTable
          caption={t('def.options')}
          rows={options}
          rowKey={([option]) => option}
          empty=""
          columns={[
            { head: t('def.option'), cell: ([option]) => <code>{option}</code> },
            { head: t('def.chosen'), cell: ([, value]) => <code>{String(value)}</code> },
            {
              head: t('def.waits'),
              cell: ([option]) =>
                waits
                  .filter((one) => one.parameter === option)
                  .map((one) => one.option)
                  .join(', '),
            },
          ]}
        />
      )}
      <p className="muted">{t('def.versionHint')}</p>
    </Card>
  );
}

/** From when until when the document behind the version is in force. */
function Effective({ definition }: { readonly definition: Definition }) {
  const { t, say } = usePageWords();
  const { first_day, last_day, words } = definition.effective;
  const days = first_day === null ? t('def.noDates') : last_day === null ? t('def.from', { from: first_day }) : t('def.until', { from: first_day, to: last_day });
  return <Pairs rows={[[t('def.effective'), `${definition.version} · ${days} · ${say(words)}`]]} />;
}

/** What of the record the definition reads. */
function Dependencies({ definition }: { readonly definition: Definition }) {
  const { t, name } = usePageWords();
  return (
    <DataTable
      caption={t('def.dependsOn')}
      rows={definition.depends_on}
      rowKey={(one) => one.source}
      empty=""
      columns={[
        { head: t('def.dependsOn'), cell: (one) => name(FactSource, one.source) },
        {
          head: t('def.columns'),
          cell: (one) => one.columns.map((column, at) => [at > 0 && ', ', <code key={column}>{column}</code>]),
        },
      ]}
    />
  );
}

/** Options that are described and cannot be counted yet, with what they wait for. */
function WaitingOptions({ waiting }: { readonly waiting: readonly Waiting[] }) {
  const { t, say } = usePageWords();
  return (
    <Card title={t('def.waiting')} flush>
      <DataTable
        caption={t('def.waiting')}
        rows={waiting}
        rowKey={(one) => `${one.parameter}.${one.option}`}
        empty={t('def.noneWaiting')}
        columns={[
          { head: t('def.option'), cell: (one) => <code>{one.parameter}</code> },
          { head: t('def.waits'), cell: (one) => <code>{one.option}</code> },
          { head: t('def.why'), cell: (one) => say(one.reason) },
        ]}
      />
    </Card>
  );
}
