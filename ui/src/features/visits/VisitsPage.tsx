import { Button } from '@mantine/core';
import { useState } from 'react';
import { useParams } from 'wouter';
import { navigate } from 'wouter/use-browser-location';

import { Link } from '../../kit/Link';
import { useKeys } from '../../app/keys';
import { Notice } from '../../components/Notice';
import { Asked } from '../../kit/Asked';
import { Filter } from '../../kit/Filter';
import kit from '../../kit/kit.module.css';
import { Card, Page, Switch } from '../../kit/Page';
import { Disease } from '../../locales/codes';
import { usePageWords } from '../../locales/pages';
import { goTo, useOneOf, useUrl } from '../../url';
import { usePerson } from '../patient/data';
import { useMay } from '../session/session';
import { columnsOf, type VisitColumn } from './columns';
import { Papers } from './Papers';
import { SideBySide } from './SideBySide';
import { useRecords } from './records';
import { VersionsDialog } from './VersionsDialog';

/** As many visits as a sheet of paper has columns. */
const BESIDE = 4;

/** The visits of a person side by side, as on the paper, with their versions and what can be printed. */
export default function VisitsPage() {
  const { t } = usePageWords();
  const { id = '' } = useParams<{ id: string }>();
  const person = usePerson(id);
  const mayWrite = useMay('visits.write');
  const state = useOneOf('state', ['standing', 'all']);
  const disease = useUrl('disease');
  const query = useRecords(id, state === 'all');
  useKeys({ f: () => mayWrite && navigate(`/patients/${id}/visit`), p: () => print() });
  const who = person.data && `${person.data.name} ${t(`sex.${person.data.sex}`)} ${t('row.age', { n: person.data.age })}`;
  return (
    <Page
      title={t('nav.visits')}
      aside={
        <>
          {who && <Link href={`/patients/${id}`}>{who}</Link>}
          <Filter label={t('patients.disease')} param="disease" codes={Disease} />
          <Switch
            label={t('visits.which')}
            options={[
              ['standing', t('visits.standing')],
              ['all', t('visits.withWithdrawn')],
            ]}
            value={state}
            onChange={(one) => goTo({ state: one === 'all' ? one : null })}
          />
          {mayWrite && (
            <Button size="compact-sm" onClick={() => navigate(`/patients/${id}/visit`)}>
              {t('p360.visit')}
            </Button>
          )}
        </>
      }
    >
      <Asked query={query} lines={14}>
        {(items) => (
          <Visits id={id} columns={columnsOf(disease ? items.filter((one) => one.disease === disease) : items)} mayWrite={mayWrite} />
        )}
      </Asked>
    </Page>
  );
}

interface VisitsProps {
  readonly id: string;
  readonly columns: readonly VisitColumn[];
  readonly mayWrite: boolean;
}

function Visits({ id, columns, mayWrite }: VisitsProps) {
  const { t } = usePageWords();
  const until = useUrl('to');
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const [history, setHistory] = useState<string | null>(null);
  const found = until === null ? 0 : columns.findIndex((one) => one.on <= until);
  const first = found < 0 ? 0 : found;
  const shown = columns.slice(first, first + BESIDE);
  const later = columns[first - BESIDE] ?? columns[0];
  const earlier = columns[first + BESIDE];
  if (columns.length === 0) {
    return (
      <>
        <Notice title={t('visit.none')}>
          {mayWrite && <Link href={`/patients/${id}/visit`}>{t('p360.visit')}</Link>}
        </Notice>
        <Papers id={id} columns={columns} chosen={[]} />
      </>
    );
  }
  return (
    <>
      <Card
        title={t('visits.beside', { from: first + 1, to: first + shown.length, n: columns.length })}
        flush
        aside={
          <span className={`${kit.line} ${kit.noPrint}`}>
            <Button size="compact-sm" variant="default" disabled={first === 0} onClick={() => goTo({ to: later?.on ?? null })}>
              ← {t('visits.later')}
            </Button>
            <Button size="compact-sm" variant="default" disabled={!earlier} onClick={() => goTo({ to: earlier?.on ?? null })}>
              {t('visits.earlier')} →
            </Button>
          </span>
        }
      >
        <SideBySide
          id={id}
          columns={shown}
          chosen={chosen}
          mayWrite={mayWrite}
          onChoose={(one) => setChosen(chosen.includes(one) ? chosen.filter((other) => other !== one) : [...chosen, one])}
          onHistory={setHistory}
        />
      </Card>
      <Papers id={id} columns={columns} chosen={chosen} />
      {history && <VersionsDialog encounter={history} onClose={() => setHistory(null)} />}
    </>
  );
}
